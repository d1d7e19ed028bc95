import { useEffect, useState } from 'react';
import { AppError } from '../../app/errors';
import { words } from '../../words/window';
import { openPicture } from '../picture/open';
import { setScreen } from '../store';

/** Dropped files and folders, folders last, so that a file is opened if there is one. */
function dropped(transfer: DataTransfer | null): { file: File; isFolder: boolean }[] {
  const items = [...(transfer?.items ?? [])].filter(({ kind }) => kind === 'file');
  const found = items.flatMap((item) => {
    const file = item.getAsFile();
    return file ? [{ file, isFolder: item.webkitGetAsEntry()?.isDirectory === true }] : [];
  });
  return found.toSorted((a, b) => Number(a.isFolder) - Number(b.isFolder));
}

/** Opens a file that a person drops on the window or pastes. @returns whether a file is held over the window now. */
export function useDroppedFiles(): boolean {
  const [dragging, setDragging] = useState(false);
  useEffect(() => {
    const over = (event: DragEvent) => {
      // Without this Chromium leaves the app and shows the file itself.
      event.preventDefault();
      if (event.dataTransfer?.types.includes('Files')) setDragging(true);
    };
    const leave = (event: DragEvent) => {
      if (event.relatedTarget === null) setDragging(false);
    };
    const drop = (event: DragEvent) => {
      event.preventDefault();
      setDragging(false);
      const [first, ...others] = dropped(event.dataTransfer);
      if (!first) return;
      if (first.isFolder)
        setScreen({ pictureError: new AppError('FOLDER_DROPPED', { name: first.file.name }).toReport() });
      else void openPicture(first.file, others.length);
    };
    const paste = (event: ClipboardEvent) => {
      const file = event.clipboardData?.files[0];
      if (!file) return;
      // Chromium calls all pasted pixels "image.png".
      void openPicture(file.name === 'image.png' ? new File([file], words.picture.pasted, { type: file.type }) : file);
    };
    window.addEventListener('dragover', over);
    window.addEventListener('dragleave', leave);
    window.addEventListener('drop', drop);
    window.addEventListener('paste', paste);
    return () => {
      window.removeEventListener('dragover', over);
      window.removeEventListener('dragleave', leave);
      window.removeEventListener('drop', drop);
      window.removeEventListener('paste', paste);
    };
  }, []);
  return dragging;
}
