/**
 * Small pictures of files, made in a worker that ends after some of them: the files' bytes, which Chromium keeps in this process and in
 * main's, go with it. In a page JavaScript's garbage, of which there is little, would have to be collected first.
 */
import type { ThumbnailAsked, ThumbnailMade } from './thumbnail.worker';

/** Files that a worker reads in its life. */
export const filesAWorker = 32;

interface Current {
  worker: Worker;
  begun: number;
  waiting: Map<number, (bytes: Uint8Array | null) => void>;
}

let current: Current | undefined;
let lastId = 0;

/** @returns WebP, at most `thumbnailSide` pixels wide and high; null where the file is no picture that a tool takes. */
export function thumbnailOf(url: string): Promise<Uint8Array | null> {
  current ??= begin();
  const { worker, waiting } = current;
  current.begun += 1;
  // Others get a new one; this one ends with its last file.
  if (current.begun === filesAWorker) current = undefined;
  const id = ++lastId;
  return new Promise((resolve) => {
    waiting.set(id, resolve);
    worker.postMessage({ id, url } satisfies ThumbnailAsked);
  });
}

function begin(): Current {
  const worker = new Worker(new URL('./thumbnail.worker.ts', import.meta.url), { type: 'module' });
  const made: Current = { worker, begun: 0, waiting: new Map() };
  const { waiting } = made;
  const endIfDone = (): void => {
    if (waiting.size === 0 && current !== made) worker.terminate();
  };
  worker.addEventListener('message', ({ data: { id, bytes } }: MessageEvent<ThumbnailMade>) => {
    waiting.get(id)?.(bytes);
    waiting.delete(id);
    endIfDone();
  });
  // Mostly out of memory: the worker is gone, the page is not.
  worker.addEventListener('error', () => {
    if (current === made) current = undefined;
    for (const resolve of waiting.values()) resolve(null);
    waiting.clear();
    endIfDone();
  });
  return made;
}
