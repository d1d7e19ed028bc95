/** The parts of a WebP that are no pixels. */
import { latin1, type MetadataCollector, withoutMark } from './metadata';

/** @param bytes of a file whose signature was seen. */
export function readWebpMetadata(bytes: Uint8Array, view: DataView, into: MetadataCollector): void {
  let at = 12;
  let frames = 0;
  while (at + 8 <= bytes.length) {
    const length = view.getUint32(at + 4, true);
    const data = bytes.subarray(at + 8, at + 8 + length);
    if (data.length < length) break;
    const kind = latin1(bytes.subarray(at, at + 4));
    if (kind === 'ICCP') into.part('icc', data);
    else if (kind === 'EXIF') into.part('exif', withoutMark(data));
    else if (kind === 'XMP ') into.part('xmp', data);
    else if (kind === 'ANMF') frames++;
    // A chunk of odd length has a byte after it.
    at += 8 + length + (length & 1);
  }
  into.found.frames = Math.max(1, frames);
}
