/** Says where an item's file goes: a name that nothing on the disk has and no other item of the queue is to get. */
import { chmod, lstat, mkdir, readdir, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { outputFolders } from '../../app/outputName';
import { NoFileError } from '../../storage/saveFile';

export interface Wanted {
  /** Of the picture: absolute path, and folder as of `QueueItem`. */
  file: string;
  folder: string;
  /** The output folder; null: beside the picture. */
  output: string | null;
  keepFolders: boolean;
  /** The name, and what it becomes where that is taken: `outputName`'s `nth`, from 1. */
  name(nth: number): string;
}

export interface Place {
  /** Absolute. */
  file: string;
  /** Below the output folder, with forward slashes; beside a picture its name alone. As of `ItemState`. */
  shown: string;
}

export interface Outputs {
  /**
   * Reserves a file for an item, instead of one that it had. Makes the folders that it needs, but never the output folder itself: it
   * was there when a person chose it, and may be on a disk that is gone.
   * @throws NoFileError if a folder's name belongs to a file, or to a link that leads out of the output folder; Error of the file
   * system.
   */
  reserve(item: number, wanted: Wanted): Promise<Place>;
  /** Its name is free again, unless a file has it. */
  release(item: number): void;
}

/** Of a folder, as it was found when the first file was to go there, and names since. */
interface Names {
  taken: Set<string>;
  /** By the name that was wanted: where to look on, so that a thousand of one name are no million looks. */
  next: Map<string, number>;
}

/** Disks of Windows and macOS, and whoever gets the folder there, take such names as one. */
const keyOf = (name: string): string => name.normalize('NFC').toLowerCase();

/** Made anew for each run of the queue: what was deleted meanwhile is free again. @param umask as of `createSaves`. */
export function createOutputs(umask: number): Outputs {
  const folders = new Map<string, Promise<Names>>();
  const reserved = new Map<number, { names: Names; key: string; first: string; nth: number }>();

  const namesIn = (folder: string): Promise<Names> => {
    const known = folders.get(folder) ?? listed(folder);
    folders.set(folder, known);
    // One that cannot be read now may be later.
    known.catch(() => folders.delete(folder));
    return known;
  };

  const release = (item: number): void => {
    const its = reserved.get(item);
    if (!its) return;
    reserved.delete(item);
    its.names.taken.delete(its.key);
    its.names.next.set(its.first, Math.min(its.nth, its.names.next.get(its.first) ?? its.nth));
  };

  return {
    release,
    reserve: async (item, { file, folder, output, keepFolders, name }) => {
      const below = output !== null && keepFolders ? outputFolders(folder) : [];
      const target = output === null ? path.dirname(file) : await within(output, below, umask);
      const names = await namesIn(target);
      release(item);
      const first = keyOf(name(1));
      for (let nth = names.next.get(first) ?? 1; ; nth++) {
        const each = name(nth);
        const key = keyOf(each);
        if (names.taken.has(key)) continue;
        names.taken.add(key);
        names.next.set(first, nth + 1);
        const place = path.join(target, each);
        // It may have come since the folder was listed; if so, its name stays taken.
        if (await isThere(place)) continue;
        reserved.set(item, { names, key, first, nth });
        return { file: place, shown: [...below, each].join('/') };
      }
    },
  };
}

const listed = async (folder: string): Promise<Names> => ({
  taken: new Set((await readdir(folder)).map(keyOf)),
  next: new Map(),
});

const isThere = (file: string): Promise<boolean> =>
  lstat(file).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return false;
      throw error;
    },
  );

/** Makes folders within another one. @returns the last. @throws as `Outputs.reserve`. */
async function within(root: string, below: readonly string[], umask: number): Promise<string> {
  const realRoot = await realpath(root);
  let folder = root;
  for (const part of below) {
    folder = path.join(folder, part);
    const isNew = await mkdir(folder).then(
      () => true,
      (error: NodeJS.ErrnoException) => {
        if (error.code === 'EEXIST') return false;
        throw error;
      },
    );
    // This process keeps what it makes to itself; a person's folder is as any program would make it.
    if (isNew) await chmod(folder, 0o777 & ~umask).catch(() => {});
    const real = await realpath(folder);
    const isWithin = real.startsWith(realRoot.endsWith(path.sep) ? realRoot : realRoot + path.sep);
    if (!isWithin || !(await stat(real)).isDirectory()) throw new NoFileError(folder);
  }
  return folder;
}
