/** Whether a file ends where its picture does: a cut-off file is refused rather than shown half grey. Pure. */
import type { PictureType } from './header';

/**
 * @param start the file's beginning. @param end its last bytes; 64 KB allow for what cameras append.
 * @param size bytes of the whole file.
 */
export function isWhole(type: PictureType, start: Uint8Array, end: Uint8Array, size: number): boolean {
  switch (type) {
    case 'image/png':
      return indexOf(end, [0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82]) >= 0; // "IEND" and its checksum
    case 'image/jpeg':
      return indexOf(end, [0xff, 0xd9]) >= 0;
    case 'image/webp': {
      const riff = new DataView(start.buffer, start.byteOffset, start.byteLength).getUint32(4, true);
      return size >= riff + 8;
    }
  }
}

function indexOf(bytes: Uint8Array, wanted: readonly number[]): number {
  for (let i = bytes.length - wanted.length; i >= 0; i--)
    if (wanted.every((byte, k) => bytes[i + k] === byte)) return i;
  return -1;
}
