import { shell } from 'electron';

const againAfterMs = 1000;
let shownAt = Number.NEGATIVE_INFINITY;

/** Shows a file in the system's file manager, once a second at most: a window that was taken over must not bury the person in them. */
export function showInFolder(file: string): void {
  if (performance.now() - shownAt < againAfterMs) return;
  shownAt = performance.now();
  shell.showItemInFolder(file);
}
