/** What a person opens without the window's own chooser: words of the command line, "Open with", and what they opened last. */
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { AppError } from '../../app/errors';
import type { Queue } from '../queue/queue';
import type { Handlers } from '../window/answer';
import type { OpenFile } from './openFile';
import type { Recent } from './recent';

type OpeningChannel = Extract<keyof Handlers, `given:${string}` | `recent:${string}`>;

export interface Opening {
  /** One picture waits for the window, which asks about an unsaved result first; several and folders go into the queue. */
  open(paths: readonly string[]): Promise<void>;
  /** Adds to the queue, and remembers the folders. */
  add(paths: readonly string[], before: number | null): Promise<void>;
  handlers: Pick<Handlers, OpeningChannel>;
}

interface Parts {
  queue: Queue;
  recent: Recent;
  openFile: OpenFile;
  /** That a picture waits. */
  tell(): void;
}

export function createOpening({ queue, recent, openFile, tell }: Parts): Opening {
  /** The picture that waits, then the one that the window takes. */
  let waiting: string | undefined;
  let taken: string | undefined;

  const isFolder = (file: string): Promise<boolean> =>
    stat(file).then(
      (facts) => facts.isDirectory(),
      () => false,
    );

  async function remember(paths: readonly string[]): Promise<void> {
    // More folders at once are no place that a person comes back to.
    for (const file of paths.slice(0, 3)) if (await isFolder(file)) await recent.add(file, 'folder');
  }

  async function add(paths: readonly string[], before: number | null): Promise<void> {
    await remember(paths);
    await queue.add(paths, before);
  }

  async function open(paths: readonly string[]): Promise<void> {
    const [file] = paths;
    const isLone =
      paths.length === 1 && file !== undefined && queue.get().items.length === 0 && !(await isFolder(file));
    if (!isLone) return add(paths, null);
    waiting = file;
    tell();
  }

  return {
    open,
    add,
    handlers: {
      'given:take': () => {
        if (waiting === undefined) return null;
        taken = waiting;
        waiting = undefined;
        return { name: path.basename(taken) };
      },
      'given:open': async () => {
        const file = taken;
        taken = undefined;
        if (file === undefined) throw new AppError('BAD_MESSAGE', { channel: 'given:open' }, 'nothing was taken');
        await openFile(file, path.basename(file));
        await recent.add(file, 'picture');
        return null;
      },
      'recent:list': () => recent.list(),
      'recent:add': async ({ paths }) => {
        const [file] = paths;
        if (paths.length === 1 && file !== undefined && path.isAbsolute(file)) await recent.add(file, 'picture');
        return null;
      },
      'recent:open': async ({ id }) => {
        const entry = recent.get(id);
        if (!entry) throw new AppError('BAD_MESSAGE', { channel: 'recent:open' }, `entry ${id}`);
        const isThere = await stat(entry.file).then(
          () => true,
          () => false,
        );
        if (!isThere) {
          await recent.forget(entry.file);
          throw new AppError('PICTURE_NOT_OPENED', { name: path.basename(entry.file) }, 'gone');
        }
        await open([entry.file]);
        return null;
      },
      'recent:clear': async () => {
        await recent.clear();
        return null;
      },
    },
  };
}
