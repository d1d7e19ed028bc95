/**
 * Reads files that may be hostile: a stranger's, or one of the app's that something else has replaced. It never reads more than
 * foreseen, and refuses pipes and devices, which may never begin or end. Main and the hosts read every file through here.
 */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import path from 'node:path';

// Windows has neither flag. It follows a link, to a file that has to keep to the same bounds.
const { O_RDONLY, O_NONBLOCK = 0, O_NOFOLLOW = 0 } = constants;

/** The path leads to no fitting file: to a pipe, a device, a folder, or a file that is too large. */
export class UnfitFileError extends Error {}

export interface Reading {
  /** Follows links. Only for installed files, which a system may lay out by links. */
  follow?: boolean;
}

/** @throws UnfitFileError, which names the file without its folder; Error of the file system, ELOOP for a link. */
async function openRegular(file: string, { follow = false }: Reading): Promise<{ handle: FileHandle; size: number }> {
  // Without O_NONBLOCK a pipe that nobody writes to would block a thread of main for good.
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
 * @throws as `openRegular`; UnfitFileError too if it is too large.
 */
export async function readBounded(file: string, maxBytes: number, reading: Reading = {}): Promise<Buffer> {
  const { handle, size } = await openRegular(file, reading);
  try {
    if (size > maxBytes) throw new UnfitFileError(`${path.basename(file)} has ${size} bytes, more than ${maxBytes}`);
    const bytes = Buffer.alloc(size);
    let filled = 0;
    // Bytes appended meanwhile stay unread.
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

/** Reads a text in UTF-8 at once, through links too: for installed files, before anything can be waited for. @throws as `readBounded`. */
export function readTextSync(file: string, maxBytes: number): string {
  const handle = openSync(file, O_RDONLY | O_NONBLOCK);
  try {
    const stat = fstatSync(handle);
    if (!stat.isFile() || stat.size > maxBytes)
      throw new UnfitFileError(`${path.basename(file)} is no regular file of at most ${maxBytes} bytes`);
    const bytes = Buffer.alloc(stat.size);
    return bytes.toString('utf8', 0, readSync(handle, bytes));
  } finally {
    closeSync(handle);
  }
}

/** Reads a text in UTF-8, otherwise as `readBounded`. */
export const readText = async (file: string, maxBytes: number, reading: Reading = {}): Promise<string> =>
  (await readBounded(file, maxBytes, reading)).toString('utf8');

/** Yields a file's bytes, a MiB at a time, up to the size it had when opened. For files too large for memory. @throws as `openRegular`. */
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

export interface Pieces {
  /** Of the file when it was opened. */
  bytes: number;
  /**
   * @param index from 0. @param into as long as a piece. @returns the piece, a part of `into`. @throws Error of the file system;
   * UnfitFileError if the file has shrunk.
   */
  read(index: number, into: Uint8Array): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** Opens a file to read its pieces side by side. @param pieceBytes of each but the last. @throws as `openRegular`. */
export async function openPieces(file: string, pieceBytes: number, reading: Reading = {}): Promise<Pieces> {
  const { handle, size } = await openRegular(file, reading);
  return {
    bytes: size,
    read: async (index, into) => {
      const at = index * pieceBytes;
      const piece = into.subarray(0, Math.max(0, Math.min(pieceBytes, size - at)));
      for (let filled = 0; filled < piece.byteLength; ) {
        const { bytesRead } = await handle.read(piece, filled, piece.byteLength - filled, at + filled);
        if (bytesRead === 0) throw new UnfitFileError(`${path.basename(file)} has fewer bytes than it had`);
        filled += bytesRead;
      }
      return piece;
    },
    close: () => handle.close(),
  };
}
