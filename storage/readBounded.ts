/**
 * Reads files that may not be what they should: one that a stranger laid, or one of ours that something else has taken the place
 * of. Never more of it than foreseen, and never one that has no end or never begins. Everything that main and the hosts read goes
 * through here.
 */
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import path from 'node:path';

// Windows has neither: there a link is followed to a file that is held to the same bounds.
const { O_RDONLY, O_NONBLOCK = 0, O_NOFOLLOW = 0 } = constants;

/** There is something else than the file that should be there: a pipe, a device, a folder, or a larger one. */
export class UnfitFileError extends Error {}

export interface Reading {
  /** What a link leads to is read: of what was installed, which a system may lay out by links. */
  follow?: boolean;
}

/** @throws UnfitFileError that names it without its folder; Error of the file system, with the code ELOOP for a link. */
async function openRegular(file: string, { follow = false }: Reading): Promise<{ handle: FileHandle; size: number }> {
  // Without O_NONBLOCK a pipe that nobody writes to would hold a thread of main's for good.
  const handle = await open(file, O_RDONLY | O_NONBLOCK | (follow ? 0 : O_NOFOLLOW));
  try {
    const stat = await handle.stat();
    if (!stat.isFile()) throw new UnfitFileError(`${path.basename(file)} is no regular file`);
    return { handle, size: stat.size };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/**
 * @param maxBytes a larger file is refused before any of it is read.
 * @throws as `openRegular`; UnfitFileError too where it is too large.
 */
export async function readBounded(file: string, maxBytes: number, reading: Reading = {}): Promise<Buffer> {
  const { handle, size } = await openRegular(file, reading);
  try {
    if (size > maxBytes) throw new UnfitFileError(`${path.basename(file)} has ${size} bytes, more than ${maxBytes}`);
    const bytes = Buffer.alloc(size);
    let filled = 0;
    // What is appended meanwhile stays unread.
    while (filled < bytes.byteLength) {
      const { bytesRead } = await handle.read(bytes, filled, bytes.byteLength - filled, filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return bytes.subarray(0, filled);
  } finally {
    await handle.close();
  }
}

/** The same of a text in UTF-8. */
export const readText = async (file: string, maxBytes: number, reading: Reading = {}): Promise<string> =>
  (await readBounded(file, maxBytes, reading)).toString('utf8');

/** A file's bytes, a MiB at a time, as many as it has at first: for one that is too large for memory. @throws as `openRegular`. */
export async function* readStreamed(file: string, reading: Reading = {}): AsyncGenerator<Buffer> {
  const { handle, size } = await openRegular(file, reading);
  try {
    const chunk = Buffer.alloc(Math.min(size, 2 ** 20));
    for (let at = 0; at < size; ) {
      const { bytesRead } = await handle.read(chunk, 0, Math.min(chunk.byteLength, size - at), at);
      if (bytesRead === 0) return;
      yield chunk.subarray(0, bytesRead);
      at += bytesRead;
    }
  } finally {
    await handle.close();
  }
}
