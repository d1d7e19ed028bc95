/**
 * A file of the person's own, written so that it is there whole or as it was: beside it into a temporary file, which is synced and
 * takes its place. What a killed process leaves of one the next start takes away: each is written down before it is made, in a
 * folder of the app's own, and only what is written down there is ever removed.
 */
import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { type FileHandle, lstat, open, readdir, realpath, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { isProcess, privateFolder, syncFolder } from './folder';
import { readBounded } from './readBounded';

export interface Save {
  /** An empty file beside the one to be, this process's alone; whoever writes it, from any process, opens it to write. */
  temporary: string;
  /** Puts it in the place of the one to be, its bytes on the disk first. @throws Error of the file system: what was there is as it was. */
  commit(): Promise<void>;
  /** Takes it away; does nothing after `commit`. Never throws. */
  abandon(): Promise<void>;
}

/** What has the name is a folder, a pipe or a device: nothing that a picture may take the place of. */
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
   * Begins to write a file. What it is a link to is written, not the link.
   * @throws NoFileError; Error of the file system, at once where the name is one that it does not take.
   */
  begin(filePath: string): Promise<Save>;
  /**
   * Removes what killed processes left half written. Never throws.
   * @param isOther whether a process that is not this one may still be at work on its own.
   */
  sweep(isOther?: (pid: number) => boolean): Promise<void>;
}

/** Short, because a name may be as long as the file system allows already. */
const temporaryName = (id: string): string => `.refit-${id}`;
const noted = /^(\d+)-([0-9a-f]{16})$/;
const maxPathBytes = 2 ** 16;

/** Of this process: temporary files by their notes. */
const underWay = new Map<string, string>();
// An app that is closed in the middle of a save leaves nothing either.
process.once('exit', () => {
  for (const file of [...underWay].flat()) rmSync(file, { force: true });
});

/**
 * @param notes the folder where files under way are written down; made when the first is.
 * @param umask what the person's new files must not allow.
 */
export function createSaves(notes: string, umask: number): Saves {
  async function begin(filePath: string): Promise<Save> {
    const target = await realpath(filePath).catch(() => path.resolve(filePath));
    const old = await stat(target).catch((error: NodeJS.ErrnoException) => {
      // Of a name that cannot be nothing is written first, which may take minutes.
      if (['ENAMETOOLONG', 'EILSEQ', 'EINVAL'].includes(error.code ?? '')) throw named(error, target);
      return undefined;
    });
    if (old && !old.isFile()) throw new NoFileError(target);
    const id = randomBytes(8).toString('hex');
    const temporary = path.join(path.dirname(target), temporaryName(id));
    const note = path.join(notes, `${process.pid}-${id}`);
    // Where it cannot be written down the person's picture counts for more.
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
      // Else the next start tries again.
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
      // The file is there; a system that cannot sync folders costs no picture.
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
          // Nothing but a file that `begin` would have made under this very name.
          const isOurs = path.isAbsolute(temporary) && path.basename(temporary) === temporaryName(id);
          if (isOurs && (await isPlain(temporary))) await rm(temporary, { force: true });
          await rm(note, { force: true });
        } catch {
          // A disk that is not there now may be at the next start.
        }
      }
    },
  };
}

/** Writes a file whole. @throws as `begin` and `commit`; nothing of it is then left. */
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

/** Mode and owner of the file that it replaces, as far as this user may give them; of a new one as any program makes it. */
async function like(
  handle: FileHandle,
  old: Awaited<ReturnType<typeof stat>> | undefined,
  umask: number,
): Promise<void> {
  // A file system without owners or modes refuses: then it has none to keep.
  if (old) await handle.chown(Number(old.uid), Number(old.gid)).catch(() => {});
  await handle.chmod(old ? Number(old.mode) & 0o7777 : 0o666 & ~umask).catch(() => {});
}

/** A regular file of this user's with no other name. False too where there is none; @throws where that cannot be told. */
async function isPlain(file: string): Promise<boolean> {
  try {
    const found = await lstat(file);
    const own = process.getuid?.();
    return found.isFile() && found.nlink === 1 && (own === undefined || found.uid === own);
  } catch (error) {
    // Of a disk that is gone its folder is gone too.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    await stat(path.dirname(file));
    return false;
  }
}

/** The system's words, of the file that the person knows. */
const named = (error: unknown, file: string): unknown =>
  error instanceof Error && 'code' in error ? Object.assign(error, { path: file }) : error;
