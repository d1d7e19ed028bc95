/**
 * Pixels on their way between main and an engine host. Messages would copy each tile through a pipe, at a tenth of what the
 * GPU makes; this is a file that never reaches a disk (`/dev/shm`) or seldom does (the temporary folder's page cache), and
 * messages only say what lies where. One a job: first the picture, then a ring of slots that finished tiles take turns in.
 * Its name is gone as soon as both sides have it open, so a killed process leaves nothing behind.
 */
import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { access, type FileHandle, open, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** Tiles on their way to main at once. */
export const slots = 8;

export interface SpoolFacts {
  file: string;
  pictureBytes: number;
  /** Of the largest tile. */
  slotBytes: number;
}

export class Spool {
  private constructor(
    readonly facts: SpoolFacts,
    private readonly handle: FileHandle,
  ) {}

  /** Main's side. @throws Error of the file system: no room, no folder that can be written. */
  static async create(pictureBytes: number, slotBytes: number): Promise<Spool> {
    const folder = await roomyFolder(pictureBytes + slots * slotBytes);
    const file = path.join(folder, `refit-${process.pid}-${randomUUID()}`);
    return new Spool({ file, pictureBytes, slotBytes }, await open(file, 'wx+', 0o600));
  }

  /** The host's side; takes the file's name away. @throws Error of the file system. */
  static async join(facts: SpoolFacts): Promise<Spool> {
    const handle = await open(facts.file, 'r+');
    await rm(facts.file, { force: true });
    return new Spool(facts, handle);
  }

  writePicture(bytes: Uint8Array, offset: number): Promise<void> {
    return this.write(bytes, offset);
  }
  readPicture(into: Uint8Array, offset: number): Promise<void> {
    return this.read(into, offset);
  }
  writeSlot(slot: number, bytes: Uint8Array): Promise<void> {
    return this.write(bytes, this.facts.pictureBytes + slot * this.facts.slotBytes);
  }
  readSlot(slot: number, into: Uint8Array): Promise<void> {
    return this.read(into, this.facts.pictureBytes + slot * this.facts.slotBytes);
  }

  async close(): Promise<void> {
    await this.handle.close();
    // Where the host died before it could.
    await rm(this.facts.file, { force: true });
  }

  private async write(bytes: Uint8Array, position: number): Promise<void> {
    for (let done = 0; done < bytes.byteLength; )
      done += (await this.handle.write(bytes, done, bytes.byteLength - done, position + done)).bytesWritten;
  }

  private async read(into: Uint8Array, position: number): Promise<void> {
    for (let done = 0; done < into.byteLength; ) {
      const { bytesRead } = await this.handle.read(into, done, into.byteLength - done, position + done);
      if (bytesRead === 0) throw new Error(`Expected ${into.byteLength} bytes at ${position} but received ${done}`);
      done += bytesRead;
    }
  }
}

/** Shared memory where the system shows it as a folder with room, else the temporary folder. */
async function roomyFolder(bytes: number): Promise<string> {
  const memory = '/dev/shm';
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
