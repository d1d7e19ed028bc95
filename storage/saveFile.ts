/**
 * Writes a person's file atomically: into a temporary file beside it, which is synced and takes its place. Each temporary file is
 * noted in a folder of the app's own before it is made. The next start removes what a killed process left, and only files that are
 * noted there.
 */
import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { type FileHandle, lstat, open, readdir, realpath, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { isProcess, privateFolder, syncFolder } from './folder';
import { readBounded } from './readBounded';

export interface Save {
  /** An empty file beside the final one, made by this process. Any process may open and write it. */
  temporary: string;
  /** Syncs the file and moves it to its final place. @throws Error of the file system; the file of before then stays. */
  commit(): Promise<void>;
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
   * @throws NoFileError; Error of the file system, at once if it does not take the name.
   */
  begin(filePath: string): Promise<Save>;
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
const maxPathBytes = 2 ** 16;

/** This process's temporary files, by their notes. */
const underWay = new Map<string, string>();
// Removes them too if the app is closed in the middle of a save.
process.once('exit', () => {
  for (const file of [...underWay].flat()) rmSync(file, { force: true });
});

/**
 * @param notes the folder of the notes; made at the first one.
 * @param umask permissions that the person's new files must not have.
 */
export function createSaves(notes: string, umask: number): Saves {
  async function begin(filePath: string): Promise<Save> {
    const target = await realpath(filePath).catch(() => path.resolve(filePath));
    const old = await stat(target).catch((error: NodeJS.ErrnoException) => {
      // Tries the name first: writing the picture may take minutes.
      if (['ENAMETOOLONG', 'EILSEQ', 'EINVAL'].includes(error.code ?? '')) throw named(error, target);
      return undefined;
    });
    if (old && !old.isFile()) throw new NoFileError(target);
    const id = randomBytes(8).toString('hex');
    const temporary = path.join(path.dirname(target), temporaryName(id));
    const note = path.join(notes, `${process.pid}-${id}`);
    // Without a note the picture is written all the same: it counts for more.
    await writeNote(note, temporary).catch(() => {});
    underWay.set(note, temporary);
    const forget = async (): Promise<void> => {
      underWay.delete(note);
      await rm(note, { force: true }).catch(() => {});
    };
    try {
      await (await open(temporary, 'wx', 0o600)).close();
    } catch (error) {
      await forget();
      throw named(error, target);
    }
    const abandon = async (): Promise<void> => {
      const isGone = await rm(temporary, { force: true }).then(
        () => true,
        () => false,
      );
      // If this fails, the next start tries again.
      if (isGone) await forget();
    };
    const commit = async (): Promise<void> => {
      try {
        const handle = await open(temporary, 'r+');
        try {
          await like(handle, old, umask);
          await handle.sync();
        } finally {
          await handle.close();
        }
        await rename(temporary, target);
      } catch (error) {
        await abandon();
        throw named(error, target);
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
        if (!id || underWay.has(note) || isOther(Number(pid))) continue;
        try {
          const temporary = (await readBounded(note, maxPathBytes)).toString('utf8');
          // Removes only a file with a name that `begin` would have given it.
          const isOurs = path.isAbsolute(temporary) && path.basename(temporary) === temporaryName(id);
          if (isOurs && (await isPlain(temporary))) await rm(temporary, { force: true });
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

/** Whether it is a regular file of this user's with no other name; false if there is none. @throws if that cannot be told. */
async function isPlain(file: string): Promise<boolean> {
  try {
    const found = await lstat(file);
    const own = process.getuid?.();
    return found.isFile() && found.nlink === 1 && (own === undefined || found.uid === own);
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
