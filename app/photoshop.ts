/** Photoshop's resources in a JPEG (APP13), which hold IPTC. Keeps each block but copies of what the file says elsewhere. Pure. */
import { startsWith } from './metadata';
import { join } from './metadataPng';

/** Thumbnails, and copies of EXIF and XMP: they would say the old size, orientation and place. */
const always = new Set([0x0409, 0x040c, 0x0422, 0x0423, 0x0424]);
/** IPTC: city, state and country are among its fields. */
const iptc = 0x0404;

/** @param resources from the first "8BIM" on. @returns null if they cannot be read to their end or nothing is left. */
export function cleanPhotoshop(resources: Uint8Array, dropPlace: boolean): Uint8Array | null {
  const view = new DataView(resources.buffer, resources.byteOffset, resources.byteLength);
  const kept: Uint8Array[] = [];
  let at = 0;
  while (at < resources.length) {
    if (at + 12 > resources.length || !startsWith(resources.subarray(at), '8BIM')) return null;
    const id = view.getUint16(at + 4);
    // A block has a name and a content, each with its length before it and padded to an even number of bytes.
    const name = 1 + view.getUint8(at + 6);
    const content = at + 6 + name + (name & 1);
    if (content + 4 > resources.length) return null;
    const length = view.getUint32(content);
    const end = Math.min(content + 4 + length + (length & 1), resources.length);
    if (content + 4 + length > resources.length) return null;
    if (!always.has(id) && !(dropPlace && id === iptc)) kept.push(resources.subarray(at, end));
    at = end;
  }
  return kept.length > 0 ? join(kept) : null;
}
