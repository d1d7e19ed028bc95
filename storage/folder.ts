/**
 * Writes folders atomically: a folder is there whole or not at all, whatever interrupts the write. Files go into a temporary folder
 * and are synced; then the folder is renamed and its parent synced. No system renames a folder over one that holds files, so the old folder
 * is moved away first. A start that finds only the old one puts it back.
 */
import { randomBytes } from 'node:crypto';
import { chmod, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { uptime } from 'node:os';
import path from 'node:path';
import { readBounded } from './readBounded';
import { whenFree } from './whenFree';

/** The folder belongs to another user, who could change what lies in it. */
export class ForeignFolderError extends Error {}

/**
 * Makes a folder that other users can neither read nor write, or closes an existing one to them. On Windows the user's profile is
 * closed already.
 * @throws ForeignFolderError; Error of the file system.
 */
export async function privateFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const own = process.getuid?.();
  if (own === undefined) return;
  const { uid, mode } = await stat(folder);
  if (uid !== own) throw new ForeignFolderError(`${folder} belongs to user ${uid}`);
  if ((mode & 0o077) !== 0) await chmod(folder, 0o700);
}

/** A folder's files by name. Each is made when it is written, so that they need not all be in memory at once. */
export type Files = Record<string, () => Uint8Array | Promise<Uint8Array>>;

/**
 * Writes a folder.
 * @param root holds the temporary folder, on the same disk. @param target the final place; its parent is made.
 * @param replaced where what was there lies meanwhile (`restoreReplaced`).
 * @throws Error of the file system, or a file's own; the folder of before then stays.
 */
export async function writeFolder(root: string, target: string, replaced: string, files: Files): Promise<void> {
  const temporary = path.join(root, `.tmp-${process.pid}-${randomBytes(4).toString('hex')}`);
  try {
    // Not recursive: Node would report EROFS as ENOENT.
    await mkdir(temporary, { mode: 0o700 });
    for (const [name, bytes] of Object.entries(files)) await writeSynced(path.join(temporary, name), await bytes());
    await syncFolder(temporary);
    await mkdir(path.dirname(target), { recursive: true, mode: 0o700 });
    await syncFolder(root);
    await mkdir(path.dirname(replaced), { recursive: true, mode: 0o700 });
    await swap(temporary, target, replaced);
    await syncFolder(path.dirname(target));
  } catch (error) {
    await rm(temporary, { recursive: true, force: true }).catch(() => {});
    throw error;
  }
  // If this fails, the next start removes it.
  await rm(replaced, { recursive: true, force: true }).catch(() => {});
}

/** Another process that swaps, or a reader on Windows, blocks the rename for a moment only. */
const swapTries = 6;

async function swap(temporary: string, target: string, replaced: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    let moved = false;
    try {
      if (await exists(target)) {
        await rm(replaced, { recursive: true, force: true });
        await rename(target, replaced);
        moved = true;
      }
      return await rename(temporary, target);
    } catch (error) {
      if (moved) await rename(replaced, target).catch(() => {});
      if (attempt === swapTries || !inTheWay.includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
      await new Promise((resolve) => setTimeout(resolve, 10 * 2 ** attempt));
    }
  }
}

const inTheWay = [
  'ENOTEMPTY',
  'EEXIST',
  'ENOENT',
  'EBUSY',
  ...(process.platform === 'win32' ? ['EPERM', 'EACCES'] : []),
];

/** Puts back the old folder if a swap was interrupted after moving it away. Never throws. */
export async function restoreReplaced(target: string, replaced: string): Promise<void> {
  if (!(await exists(replaced)) || (await exists(target))) return;
  await mkdir(path.dirname(target), { recursive: true, mode: 0o700 }).catch(() => {});
  await rename(replaced, target).catch(() => {});
}

/**
 * Removes a folder. A rename hides it first, so that nobody sees half of it; the next sweep removes what a killed process left.
 * @param root as of `writeFolder`. @throws Error of the file system.
 */
export async function removeFolder(root: string, folder: string): Promise<void> {
  const temporary = path.join(root, `.tmp-${process.pid}-${randomBytes(4).toString('hex')}`);
  try {
    await whenFree(() => rename(folder, temporary));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  await rm(temporary, { recursive: true, force: true });
}

/** No write takes this long. */
const abandonedMs = 3600_000;

/**
 * Removes temporary folders of killed processes. Each names its process, so those of running ones stay, unless they are an hour old
 * or older than the last boot: a number may belong to another process by now. Never throws.
 * @param mark the prefix of names, before the process's number.
 */
export async function sweepTemporary(root: string, isAlive = isProcess, mark = '.tmp-'): Promise<void> {
  for (const name of await readdir(root).catch(() => [] as string[])) {
    const pid = name.startsWith(mark) && /^(\d+)-/.exec(name.slice(mark.length))?.[1];
    if (!pid) continue;
    const folder = path.join(root, name);
    const ageMs = await stat(folder).then(
      ({ mtimeMs }) => Date.now() - mtimeMs,
      () => 0,
    );
    if (!isAlive(Number(pid)) || ageMs > Math.min(abandonedMs, uptime() * 1000))
      await rm(folder, { recursive: true, force: true }).catch(() => {});
  }
}

async function writeSynced(file: string, bytes: Uint8Array): Promise<void> {
  const handle = await open(file, 'wx', 0o600);
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Writes a file of some kilobytes to find out whether a folder can be written to. @returns the system's error if not. */
export async function whyNotWritable(folder: string): Promise<NodeJS.ErrnoException | undefined> {
  const temporary = path.join(folder, `.tmp-${process.pid}-${randomBytes(4).toString('hex')}`);
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await writeSynced(temporary, Buffer.alloc(8192));
    return undefined;
  } catch (error) {
    return error as NodeJS.ErrnoException;
  } finally {
    await rm(temporary, { force: true }).catch(() => {});
  }
}

/** Does nothing on Windows, which cannot open folders and needs no sync of them: NTFS journals renames. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Reads a file that must have an exact size.
 * @throws Error if it has another size; a larger file is refused before any of it is read.
 */
export async function readExactly(file: string, bytes: number): Promise<Uint8Array> {
  const read = await readBounded(file, bytes);
  if (read.byteLength !== bytes) throw new Error(`${path.basename(file)} has ${read.byteLength} bytes, not ${bytes}`);
  return read;
}

/** Whether a folder is there and can be listed. */
export const exists = (folder: string): Promise<boolean> =>
  readdir(folder).then(
    () => true,
    () => false,
  );

/** Whether a process of that number runs, whoever's it is. */
export function isProcess(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
