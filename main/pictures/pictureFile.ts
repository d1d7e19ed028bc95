/**
 * A picture in a file that several processes map (native/pixels.ts): in shared memory where there is room, else on the disk. Main makes
 * the file, writes the rows that the window decodes, and closes it. On Linux main removes the file's name at once and the hosts open
 * it through main's descriptor, so nothing is left behind however the app ends. Elsewhere the next start removes what a killed
 * process left (`storage/leftovers.ts`).
 */
import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { access, type FileHandle, mkdir, open, readFile, rm, statfs } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { AppError } from '../../app/errors';
import { pictureBytes, pictureHeader, pictureHeaderBytes } from '../../app/pictureFile';
import type { PictureFacts } from '../../native/pixels';
import { leftoverName } from '../../storage/leftovers';

export const sharedMemory = '/dev/shm';
/** Share of the free memory that pictures may take; the machine keeps the rest. */
const memoryShare = 0.5;
const diskReserveBytes = 500_000_000;
/** Bytes that `allocate` writes at a time: a job may have to wait for one such write, some milliseconds. */
const allocateBytes = 8 << 20;

/** Whether others of this user's processes can open a file by this one's descriptor. */
const hasDescriptors = access(`/proc/${process.pid}/fd`).then(
  () => true,
  () => false,
);
/** What is free is asked again after so long: what is made meanwhile comes out of the share that the machine keeps. */
const askAgainMs = 100;

export interface PictureShape {
  width: number;
  height: number;
  channels: 1 | 3;
}

/** Where pictures may lie, and how much room is there. Tests give their own. */
export interface Places {
  /** Null where the system has no folder that lies in memory. */
  memory: { folder: string; freeBytes(): Promise<number> } | null;
  disk: { folder: string; freeBytes(): Promise<number> };
}

/** @param diskFolder a folder of the app's own, made when it is first needed. */
export function placesOf(diskFolder: string): Places {
  return {
    memory: process.platform === 'linux' ? { folder: sharedMemory, freeBytes: remembered(freeMemory) } : null,
    disk: {
      folder: diskFolder,
      freeBytes: async () => {
        await mkdir(diskFolder, { recursive: true, mode: 0o700 });
        return (await freeOn(diskFolder)) - diskReserveBytes;
      },
    },
  };
}

/**
 * The folder for a picture of so many bytes.
 * @throws AppError PICTURE_NEEDS_ROOM where neither memory nor disk has room for them.
 */
export async function placeFor(bytes: number, { memory, disk }: Places): Promise<string> {
  if (memory && bytes <= (await memory.freeBytes())) return memory.folder;
  const freeBytes = Math.max(0, await disk.freeBytes().catch(() => 0));
  if (bytes > freeBytes) throw new AppError('PICTURE_NEEDS_ROOM', { neededBytes: bytes, freeBytes });
  return disk.folder;
}

export class PictureFile {
  private constructor(
    readonly facts: PictureFacts,
    private readonly handle: FileHandle,
    private readonly named: string | undefined,
  ) {}

  /** @param folder from `placeFor`. @throws Error of the file system. */
  static async create({ width, height, channels }: PictureShape, folder: string): Promise<PictureFile> {
    const name = path.join(folder, leftoverName('picture') + randomUUID());
    const handle = await open(name, 'wx+', 0o600);
    try {
      const isShared = await hasDescriptors;
      // Side by side: one after the other, each would wait for main's thread, and a queue makes a hundred files a second.
      await Promise.all([
        handle.truncate(pictureBytes(width, height, channels)),
        handle.write(pictureHeader(width, height, channels), 0, pictureHeaderBytes, 0),
        ...(isShared ? [rm(name)] : []),
      ]);
      const file = isShared ? `/proc/${process.pid}/fd/${handle.fd}` : name;
      return new PictureFile({ file, width, height, channels }, handle, isShared ? undefined : name);
    } catch (error) {
      await handle.close();
      await rm(name, { force: true });
      throw error;
    }
  }

  /** Writes whole rows from `y` on, which must lie inside the picture. @throws Error of the file system: ENOSPC. */
  async writeRows(y: number, bytes: Uint8Array): Promise<void> {
    const { width, channels } = this.facts;
    const position = pictureHeaderBytes + y * width * channels;
    for (let done = 0; done < bytes.byteLength; )
      done += (await this.handle.write(bytes, done, bytes.byteLength - done, position + done)).bytesWritten;
  }

  /**
   * Has the system allocate the file's pages now, by writing the zeros that it would read anyway. @param stop ends it early; nothing is
   * written once the promise has resolved. @throws Error of the file system: ENOSPC.
   */
  async allocate(stop: AbortSignal): Promise<void> {
    const { width, height, channels } = this.facts;
    const end = pictureBytes(width, height, channels);
    const black = new Uint8Array(allocateBytes);
    for (let at = pictureHeaderBytes; at < end && !stop.aborted; )
      at += (await this.handle.write(black, 0, Math.min(black.byteLength, end - at), at)).bytesWritten;
  }

  async close(): Promise<void> {
    await this.handle.close();
    if (this.named) await rm(this.named, { force: true });
  }
}

/** Makes files for pictures that are needed together: all of them or none. @throws as `placeFor` and `PictureFile.create`. */
export async function createFiles(shapes: readonly PictureShape[], places: Places): Promise<PictureFile[]> {
  const bytes = shapes.reduce((sum, { width, height, channels }) => sum + pictureBytes(width, height, channels), 0);
  const folder = await placeFor(bytes, places);
  const files: PictureFile[] = [];
  try {
    for (const shape of shapes) files.push(await PictureFile.create(shape, folder));
    return files;
  } catch (error) {
    for (const file of files) void file.close();
    throw error;
  }
}

/** What `ask` answers, or answered a moment ago. */
function remembered(ask: () => Promise<number>): () => Promise<number> {
  let askedAt = Number.NEGATIVE_INFINITY;
  let answer: Promise<number> | undefined;
  return () => {
    const now = performance.now();
    if (!answer || now - askedAt > askAgainMs) {
      askedAt = now;
      answer = ask();
    }
    return answer;
  };
}

/** Bytes that a picture may take of memory: half of what is free, and no more than the shared folder has room for. */
async function freeMemory(): Promise<number> {
  try {
    await access(sharedMemory, constants.W_OK);
    const meminfo = await readFile('/proc/meminfo', 'utf8');
    const kibibytes = Number(/^MemAvailable:\s+(\d+) kB/m.exec(meminfo)?.[1] ?? os.freemem() / 1024);
    // Other programs use this folder too, and fail where it is full.
    return Math.min(kibibytes * 1024 * memoryShare, (await freeOn(sharedMemory)) * 0.9);
  } catch {
    return 0;
  }
}

async function freeOn(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}
