import { useEffect, useState } from 'react';
import { words } from '../../words/window';
import { openPicture } from '../picture/open';
import { addDropped } from '../queue/commands';
import { getQueueScreen } from '../queue/store';

/** What was dropped: one picture, or what makes a queue; null: neither. */
function dropped(transfer: DataTransfer | null): File | 'many' | null {
  const items = [...(transfer?.items ?? [])].filter(({ kind }) => kind === 'file');
  const [first] = items;
  if (!first) return null;
  return items.length > 1 || first.webkitGetAsEntry()?.isDirectory ? 'many' : first.getAsFile();
}

/**
 * Opens a file that a person drops on the window or pastes; several and folders make a queue, and what is dropped on a queue's window
 * goes to its end. @returns whether a file is held over the window now.
 */
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
      setDragging(false);
      // The strip knows the place.
      if (event.defaultPrevented) return;
      event.preventDefault();
      const what = dropped(event.dataTransfer);
      if (what === 'many' || (what && getQueueScreen().shown)) void addDropped(null);
      else if (what) void openPicture(what);
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
