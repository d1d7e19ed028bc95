/**
 * A picture in a file that several processes map (native/pixels.ts): in memory where there is room, else on the disk. Main makes
 * it, writes the rows that the window decodes, and owns its life. On Linux its name is gone at once and the others open it through
 * main's own descriptor, so that nothing is left behind however the app ends; elsewhere the next start
 * removes what a killed process left (`storage/leftovers.ts`).
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
/** Left to the rest of the machine. */
const memoryShare = 0.5;
const diskReserveBytes = 500_000_000;
/** Written at once where room is laid out: a few milliseconds, which is how long a job may wait for it to stop. */
const layOutBytes = 8 << 20;

export interface PictureShape {
  width: number;
  height: number;
  channels: 1 | 3;
}

/** Where pictures may lie, and how much room is there. Given by tests; else this machine's. */
export interface Places {
  /** Null where the system shows no memory as a folder. */
  memory: { folder: string; freeBytes(): Promise<number> } | null;
  disk: { folder: string; freeBytes(): Promise<number> };
}

/** @param diskFolder a folder of the app's own, made when it is first needed. */
export function placesOf(diskFolder: string): Places {
  return {
    memory: process.platform === 'linux' ? { folder: sharedMemory, freeBytes: freeMemory } : null,
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
 * The folder for so many bytes.
 * @throws AppError PICTURE_NEEDS_ROOM where neither memory nor disk has them.
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
      await handle.truncate(pictureBytes(width, height, channels));
      await handle.write(pictureHeader(width, height, channels), 0, pictureHeaderBytes, 0);
      const shared = `/proc/${process.pid}/fd/${handle.fd}`;
      const isShared = await access(shared).then(
        () => true,
        () => false,
      );
      if (isShared) await rm(name);
      return new PictureFile(
        { file: isShared ? shared : name, width, height, channels },
        handle,
        isShared ? undefined : name,
      );
    } catch (error) {
      await handle.close();
      await rm(name, { force: true });
      throw error;
    }
  }

  /** Whole rows from `y` on, inside the picture. @throws Error of the file system: ENOSPC. */
  async writeRows(y: number, bytes: Uint8Array): Promise<void> {
    const { width, channels } = this.facts;
    const position = pictureHeaderBytes + y * width * channels;
    for (let done = 0; done < bytes.byteLength; )
      done += (await this.handle.write(bytes, done, bytes.byteLength - done, position + done)).bytesWritten;
  }

  /**
   * Has the system find all of the file's room now: what is still a hole is black either way. @param stop ends it early; nothing is
   * written once it has resolved. @throws Error of the file system: ENOSPC.
   */
  async layOut(stop: AbortSignal): Promise<void> {
    const { width, height, channels } = this.facts;
    const end = pictureBytes(width, height, channels);
    const black = new Uint8Array(layOutBytes);
    for (let at = pictureHeaderBytes; at < end && !stop.aborted; )
      at += (await this.handle.write(black, 0, Math.min(black.byteLength, end - at), at)).bytesWritten;
  }

  async close(): Promise<void> {
    await this.handle.close();
    if (this.named) await rm(this.named, { force: true });
  }
}

/** What a picture may take of memory: half of what is free, and what the shared folder itself holds. */
async function freeMemory(): Promise<number> {
  try {
    await access(sharedMemory, constants.W_OK);
    const meminfo = await readFile('/proc/meminfo', 'utf8');
    const kibibytes = Number(/^MemAvailable:\s+(\d+) kB/m.exec(meminfo)?.[1] ?? os.freemem() / 1024);
    // What is full for one is full for all there.
    return Math.min(kibibytes * 1024 * memoryShare, (await freeOn(sharedMemory)) * 0.9);
  } catch {
    return 0;
  }
}

async function freeOn(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}
