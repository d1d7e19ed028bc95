/**
 * Writes a person's file atomically: into a temporary file beside it, which is synced and takes its place. Each temporary file is
 * noted in a folder of the app's own before it is made. The next start removes what a killed process left, and only files that are
 * noted there.
 */
import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { type FileHandle, link, lstat, open, readdir, realpath, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { isProcess, privateFolder, syncFolder } from './folder';
import { readBounded } from './readBounded';
import { whenFree } from './whenFree';

export interface Save {
  /** An empty file beside the final one, made by this process. Any process may open and write it. */
  temporary: string;
  /**
   * Syncs the file and moves it to its final place.
   * @param as another path in the same folder, where the name that it was begun for is taken by now.
   * @throws Error of the file system; the file of before then stays. EEXIST of a save that replaces nothing: it can be committed under
   * another name.
   */
  commit(as?: string): Promise<void>;
  /** Removes it; does nothing after `commit`. Never throws. */
  abandon(): Promise<void>;
}

/** The name belongs to a folder, a pipe or a device, which a picture must not replace. */
export class NoFileError extends Error {
  readonly code = 'EINVAL';
  readonly syscall = 'open';
  readonly path: string;

  constructor(file: string) {
    super(`EINVAL: ${path.basename(file)} is no regular file`);
    this.path = file;
  }
}

export interface Saves {
  /**
   * Begins to write a file. Writes the target of a link, not the link.
   * @param options `replace: false`: whatever has the name when it is committed stays (`moveNew`).
   * @throws NoFileError; Error of the file system, at once if it does not take the name.
   */
  begin(filePath: string, options?: { replace?: boolean }): Promise<Save>;
  /**
   * Removes what killed processes left half written. Never throws.
   * @param isOther says whether another process may still write its own.
   */
  sweep(isOther?: (pid: number) => boolean): Promise<void>;
}

/** Short, because the final name may already be as long as the file system allows. */
const temporaryName = (id: string): string => `.refit-${id}`;
/** Whether a file has the name of one that is being written. */
export const isOwnTemporary = (name: string): boolean => /^\.refit-[0-9a-f]{16}$/.test(name);
const noted = /^(\d+)-([0-9a-f]{16})$/;
/** What a killed process left while it wrote a note again. */
const halfNoted = /^(\d+)-[0-9a-f]{16}\.\d+$/;
const maxNoteBytes = 2 ** 17;

/** This process's temporary files, by their notes. */
const underWay = new Map<string, { temporary: string; isMade: boolean }>();
// Removes them too if the app is closed in the middle of a save. One that is about to be made may come yet: its note stays.
process.once('exit', () => {
  for (const [note, { temporary, isMade }] of underWay) {
    rmSync(temporary, { force: true });
    if (isMade) rmSync(note, { force: true });
  }
});

/**
 * @param notes the folder of the notes; made at the first one.
 * @param umask permissions that the person's new files must not have.
 */
export function createSaves(notes: string, umask: number): Saves {
  async function begin(filePath: string, { replace = true } = {}): Promise<Save> {
    const given = path.resolve(filePath);
    const target = replace ? await realpath(filePath).catch(() => given) : given;
    const found = await stat(target).catch((error: NodeJS.ErrnoException) => {
      // Tries the name first: writing the picture may take minutes.
      if (['ENAMETOOLONG', 'EILSEQ', 'EINVAL'].includes(error.code ?? '')) throw named(error, target);
      return undefined;
    });
    const old = replace ? found : undefined;
    if (old && !old.isFile()) throw new NoFileError(target);
    const id = randomBytes(8).toString('hex');
    const temporary = path.join(path.dirname(target), temporaryName(id));
    const note = path.join(notes, `${process.pid}-${id}`);
    // Without a note the picture is written all the same: it counts for more.
    await writeNote(note, replace ? temporary : noteOfNew(temporary)).catch(() => {});
    const its = { temporary, isMade: false };
    underWay.set(note, its);
    const forget = async (): Promise<void> => {
      underWay.delete(note);
      await rm(note, { force: true }).catch(() => {});
    };
    try {
      await (await open(temporary, 'wx', 0o600)).close();
      its.isMade = true;
    } catch (error) {
      await forget();
      throw named(error, target);
    }
    const abandon = async (): Promise<void> => {
      const isGone = await whenFree(() => rm(temporary, { force: true })).then(
        () => true,
        () => false,
      );
      // If this fails, the next start tries again.
      if (isGone) await forget();
    };
    const commit = async (as = target): Promise<void> => {
      try {
        const handle = await open(temporary, 'r+');
        try {
          await like(handle, old, umask);
          await handle.sync();
        } finally {
          await handle.close();
        }
        await (replace ? whenFree(() => rename(temporary, as)) : moveNew(temporary, as, note));
      } catch (error) {
        if (replace || (error as NodeJS.ErrnoException).code !== 'EEXIST') await abandon();
        throw named(error, as);
      }
      // The file is in its place; not every system can sync folders.
      await syncFolder(path.dirname(target)).catch(() => {});
      await forget();
    };
    return { temporary, commit, abandon };
  }

  return {
    begin,
    sweep: async (isOther = (pid) => pid !== process.pid && isProcess(pid)) => {
      for (const name of await readdir(notes).catch(() => [] as string[])) {
        const [, pid, id] = noted.exec(name) ?? [];
        const note = path.join(notes, name);
        const [, halfPid] = halfNoted.exec(name) ?? [];
        if (halfPid && !isOther(Number(halfPid))) await rm(note, { force: true }).catch(() => {});
        if (!id || underWay.has(note) || isOther(Number(pid))) continue;
        try {
          const [temporary = '', held] = (await readBounded(note, maxNoteBytes)).toString('utf8').split('\0');
          // Removes only a file with a name that `begin` would have given it.
          const isOurs = path.isAbsolute(temporary) && path.basename(temporary) === temporaryName(id);
          const isNew = held !== undefined;
          if (isOurs && held && path.dirname(held) === path.dirname(temporary) && (await isPlain(held, { bytes: 0 })))
            await rm(held, { force: true });
          // The final name may be a hard link to it: `moveNew` was cut off between two calls.
          if (isOurs && (await isPlain(temporary, { names: isNew ? 2 : 1 }))) await rm(temporary, { force: true });
          await rm(note, { force: true });
        } catch {
          // The disk may be missing now and back at the next start.
        }
      }
    },
  };
}

/** Writes a whole file. @throws as `begin` and `commit`; nothing of it is then left. */
export async function saveFile(saves: Saves, filePath: string, bytes: Uint8Array): Promise<void> {
  const save = await saves.begin(filePath);
  try {
    const handle = await open(save.temporary, 'r+');
    try {
      await handle.writeFile(bytes);
    } finally {
      await handle.close();
    }
  } catch (error) {
    await save.abandon();
    throw named(error, filePath);
  }
  await save.commit();
}

/** A note's text for a file that is to replace nothing. @param held the name that an empty file holds for it. */
const noteOfNew = (temporary: string, held = ''): string => `${temporary}\0${held}`;

/**
 * Moves a file to a name that nobody has: makes a hard link, which fails where the name is taken, and removes the first name.
 *
 * FAT and some shares have no hard links. There it makes an empty file, which fails likewise, and replaces it. What remains: another
 * program that writes into that empty file at that very moment loses what it wrote; a process that is killed there leaves it empty until
 * the next `sweep`.
 * @throws Error of the file system: EEXIST if the name is taken.
 */
async function moveNew(temporary: string, target: string, note: string): Promise<void> {
  try {
    await link(temporary, target);
    // If this fails, the next start tries again.
    return await whenFree(() => rm(temporary, { force: true })).catch(() => {});
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw error;
  }
  const noteThat = (text: string) => writeFileAtomic(note, text, { mode: 0o600 }).catch(() => {});
  await noteThat(noteOfNew(temporary, target));
  try {
    await (await open(target, 'wx', 0o600)).close();
  } catch (error) {
    await noteThat(noteOfNew(temporary));
    throw error;
  }
  try {
    await whenFree(() => rename(temporary, target));
  } catch (error) {
    if (await isPlain(target, { bytes: 0 }).catch(() => false)) await rm(target, { force: true }).catch(() => {});
    throw error;
  }
}

async function writeNote(note: string, temporary: string): Promise<void> {
  await privateFolder(path.dirname(note));
  const handle = await open(note, 'wx', 0o600);
  try {
    await handle.writeFile(temporary);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Copies mode and owner of the file that it replaces, as far as this user may. A new file gets the usual ones. */
async function like(
  handle: FileHandle,
  old: Awaited<ReturnType<typeof stat>> | undefined,
  umask: number,
): Promise<void> {
  // A file system without owners or modes refuses: there is nothing to copy.
  if (old) await handle.chown(Number(old.uid), Number(old.gid)).catch(() => {});
  await handle.chmod(old ? Number(old.mode) & 0o7777 : 0o666 & ~umask).catch(() => {});
}

/**
 * Whether it is a regular file of this user's, with so many names (hard links) at most; false if there is none.
 * @throws Error of the file system if that cannot be told.
 */
async function isPlain(file: string, { names = 1, bytes }: { names?: number; bytes?: number } = {}): Promise<boolean> {
  try {
    const found = await lstat(file);
    const own = process.getuid?.();
    if (bytes !== undefined && found.size !== bytes) return false;
    return found.isFile() && found.nlink <= names && (own === undefined || found.uid === own);
  } catch (error) {
    // If the folder is missing too, the disk is gone.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    await stat(path.dirname(file));
    return false;
  }
}

/** The system's error, with the path that the person knows. */
const named = (error: unknown, file: string): unknown =>
  error instanceof Error && 'code' in error ? Object.assign(error, { path: file }) : error;
