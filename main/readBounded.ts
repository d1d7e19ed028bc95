/** Reads a file that a stranger may have laid: never more of it than foreseen, and never one that has no end or never begins. */
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import path from 'node:path';

// Windows has neither: there a link is followed to a file that is held to the same bounds.
const { O_RDONLY, O_NONBLOCK = 0, O_NOFOLLOW = 0 } = constants;

/**
 * @param maxBytes a larger file is refused before any of it is read.
 * @throws Error of the file system, with the code ELOOP for a link; Error that names the file without its folder where it is
 * a pipe, a device or a folder, or too large.
 */
export async function readBounded(file: string, maxBytes: number): Promise<Buffer> {
  const name = path.basename(file);
  // Without O_NONBLOCK a pipe that nobody writes to would hold a thread of main's for good.
  const handle = await open(file, O_RDONLY | O_NONBLOCK | O_NOFOLLOW);
  try {
    const stat = await handle.stat();
    if (!stat.isFile()) throw new Error(`${name} is no regular file`);
    if (stat.size > maxBytes) throw new Error(`${name} has ${stat.size} bytes, more than ${maxBytes}`);
    const bytes = Buffer.alloc(stat.size);
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
