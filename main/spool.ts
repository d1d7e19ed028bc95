/**
 * Pixels on their way between main and an engine host. Messages would copy each tile through a pipe, at a tenth of what the
 * GPU makes; these are files that never reach a disk (`/dev/shm`) or seldom do (the temporary folder's page cache), and
 * messages only say what lies where. One for the picture and one for each slot that finished tiles take turns in: a system
 * lets one writer at a time into a file. Their names are gone as soon as both sides have them open, so a killed process
 * leaves nothing behind; of one that was killed in between, `sweepSpools` takes them away.
 */
import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { access, type FileHandle, open, readdir, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { isProcess } from './folder';

/** Tiles on their way to main at once. */
export const slots = 12;

const memory = '/dev/shm';
const prefix = 'refit-spool-';

export interface SpoolFacts {
  /** Path of the picture's file; the slots' have their number behind it. */
  file: string;
  /** Of the largest tile. */
  slotBytes: number;
}

export class Spool {
  private constructor(
    readonly facts: SpoolFacts,
    private readonly pictureBytes: number,
    private readonly picture: FileHandle,
    private readonly tiles: FileHandle[],
  ) {}

  /** Main's side. @throws Error of the file system: no room, no folder that can be written. */
  static async create(pictureBytes: number, slotBytes: number): Promise<Spool> {
    const folder = await roomyFolder(pictureBytes + slots * slotBytes);
    const file = path.join(folder, `${prefix}${process.pid}-${randomUUID()}`);
    return Spool.open({ file, slotBytes }, 'wx+', pictureBytes);
  }

  /** The host's side; takes the files' names away. @throws Error of the file system. */
  static async join(facts: SpoolFacts): Promise<Spool> {
    const spool = await Spool.open(facts, 'r+', 0);
    await removeAll(facts);
    return spool;
  }

  private static async open(facts: SpoolFacts, flags: 'wx+' | 'r+', pictureBytes: number): Promise<Spool> {
    const handles: FileHandle[] = [];
    try {
      for (const file of filesOf(facts)) handles.push(await open(file, flags, 0o600));
    } catch (error) {
      for (const handle of handles) await handle.close();
      await removeAll(facts);
      throw error;
    }
    const [picture, ...tiles] = handles as [FileHandle, ...FileHandle[]];
    return new Spool(facts, pictureBytes, picture, tiles);
  }

  /** Of main's side: whether it was made for as much. */
  hasRoom(pictureBytes: number, slotBytes: number): boolean {
    return this.pictureBytes >= pictureBytes && this.facts.slotBytes >= slotBytes;
  }

  writePicture(bytes: Uint8Array, offset: number): Promise<void> {
    return write(this.picture, bytes, offset);
  }
  readPicture(into: Uint8Array, offset: number): Promise<void> {
    return read(this.picture, into, offset);
  }
  writeSlot(slot: number, bytes: Uint8Array): Promise<void> {
    return write(this.slot(slot), bytes, 0);
  }
  readSlot(slot: number, into: Uint8Array): Promise<void> {
    return read(this.slot(slot), into, 0);
  }

  async close(): Promise<void> {
    for (const handle of [this.picture, ...this.tiles]) await handle.close();
    // Where the host died before it could.
    await removeAll(this.facts);
  }

  private slot(slot: number): FileHandle {
    const handle = this.tiles[slot];
    if (!handle) throw new RangeError(`Expected a slot from 0 to ${slots - 1} but received ${slot}`);
    return handle;
  }
}

const filesOf = ({ file }: SpoolFacts): string[] => [
  file,
  ...Array.from({ length: slots }, (_, slot) => `${file}-${slot}`),
];

async function removeAll(facts: SpoolFacts): Promise<void> {
  for (const file of filesOf(facts)) await rm(file, { force: true });
}

async function write(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.byteLength; )
    done += (await handle.write(bytes, done, bytes.byteLength - done, position + done)).bytesWritten;
}

async function read(handle: FileHandle, into: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < into.byteLength; ) {
    const { bytesRead } = await handle.read(into, done, into.byteLength - done, position + done);
    if (bytesRead === 0) throw new Error(`Expected ${into.byteLength} bytes at ${position} but received ${done}`);
    done += bytesRead;
  }
}

/** Takes away what processes that are gone left behind. */
export async function sweepSpools(folders = [memory, tmpdir()], isAlive = isProcess): Promise<void> {
  for (const folder of folders) {
    for (const name of await readdir(folder).catch(() => [])) {
      const pid = name.startsWith(prefix) ? Number.parseInt(name.slice(prefix.length), 10) : Number.NaN;
      // Those of another person cannot be removed, and need not be.
      if (pid > 0 && !isAlive(pid)) await rm(path.join(folder, name), { force: true }).catch(() => {});
    }
  }
}

/** Shared memory where the system shows it as a folder with room, else the temporary folder. */
async function roomyFolder(bytes: number): Promise<string> {
  try {
    await access(memory, constants.W_OK);
    const { bavail, bsize } = await statfs(memory);
    // Containers often have just 64 MB there, and what is full for one is full for all.
    if (bavail * bsize > 2 * bytes) return memory;
  } catch {
    // Not Linux.
  }
  return tmpdir();
}
