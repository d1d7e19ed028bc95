import { useEffect, useState } from 'react';
import { words } from '../../words/window';
import { openPicture } from '../picture/open';
import { addDropped } from '../queue/commands';
import { getQueueScreen } from '../queue/store';

/** Opens one picture; several and folders make a queue, and what comes to a queue's window goes to its end. */
function take(transfer: DataTransfer | null): void {
  const items = [...(transfer?.items ?? [])].filter(({ kind }) => kind === 'file');
  const [first] = items;
  if (!first) return;
  const file = first.getAsFile();
  const isMany = items.length > 1 || first.webkitGetAsEntry()?.isDirectory;
  if (isMany || getQueueScreen().shown) void addDropped(null, file && named(file));
  else if (file) void openPicture(named(file));
}

/** Chromium calls all pasted pixels "image.png". */
const named = (file: File): File =>
  file.name === 'image.png' ? new File([file], words.picture.pasted, { type: file.type }) : file;

/** Takes files that a person drops on the window or pastes. @returns whether a file is held over the window now. */
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
      // The strip has taken it, since it knows the place.
      if (event.defaultPrevented) return;
      event.preventDefault();
      take(event.dataTransfer);
    };
    const paste = (event: ClipboardEvent) => take(event.clipboardData);
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
