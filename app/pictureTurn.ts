/**
 * How a picture is to be turned, by EXIF's eight orientations. Chromium turns JPEG; of PNG and WebP some versions do and others do
 * not, so there Refit hides the orientation from it and turns by itself: always once. Pure.
 */
import type { PictureType } from './pictureHeader';
import type { Edit } from './pictureWhole';

export type Orientation = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;

const isOrientation = (value: number): value is Orientation => value >= 1 && value <= 8;

/** @param exif a TIFF block that anybody made. @returns 1, upright, where it says nothing that can be read. */
export function orientationOf(exif: Uint8Array | undefined): Orientation {
  if (!exif || exif.length < 14) return 1;
  const view = new DataView(exif.buffer, exif.byteOffset, exif.byteLength);
  const little = view.getUint16(0) === 0x4949;
  if ((!little && view.getUint16(0) !== 0x4d4d) || view.getUint16(2, little) !== 42) return 1;
  const directory = view.getUint32(4, little);
  if (directory + 2 > exif.length) return 1;
  const entries = view.getUint16(directory, little);
  for (let i = 0; i < entries; i++) {
    const at = directory + 2 + i * 12;
    if (at + 12 > exif.length) return 1;
    if (view.getUint16(at, little) !== 0x112) continue;
    const type = view.getUint16(at + 2, little);
    const value = type === 3 ? view.getUint16(at + 8, little) : type === 4 ? view.getUint32(at + 8, little) : 1;
    return isOrientation(value) ? value : 1;
  }
  return 1;
}

/** What hides the orientation of a PNG or WebP from its decoder, whose own version may or may not turn it; nothing of a JPEG. */
export function hideOrientation(type: PictureType, bytes: Uint8Array): Edit[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const edits: Edit[] = [];
  if (type === 'image/png')
    for (let at = 8; at + 12 <= bytes.length; ) {
      const next = at + 12 + view.getUint32(at);
      if (view.getUint32(at + 4) === 0x65584966 && next <= bytes.length)
        edits.push({ from: at, to: next, bytes: new Uint8Array() });
      at = next;
    }
  if (type === 'image/webp')
    for (let at = 12; at + 8 <= bytes.length; ) {
      const length = view.getUint32(at + 4, true);
      // Of a name that nobody knows: lengths stay right.
      if (view.getUint32(at) === 0x45584946)
        edits.push({ from: at, to: at + 4, bytes: Uint8Array.from([0x65, 0x78, 0x69, 0x66]) });
      at += 8 + length + (length & 1);
    }
  return edits;
}

/** Whether width and height change places. */
export const isOnItsSide = (orientation: Orientation): boolean => orientation >= 5;

/**
 * Where a stored pixel's place goes: x' = a x + c y + e, y' = b x + d y + f.
 * @param width, height as stored. @returns [a, b, c, d, e, f], as a canvas takes them.
 */
export function turnMatrix(orientation: Orientation, width: number, height: number) {
  const turns: Record<Orientation, [number, number, number, number, number, number]> = {
    1: [1, 0, 0, 1, 0, 0],
    2: [-1, 0, 0, 1, width, 0],
    3: [-1, 0, 0, -1, width, height],
    4: [1, 0, 0, -1, 0, height],
    5: [0, 1, 1, 0, 0, 0],
    6: [0, 1, -1, 0, height, 0],
    7: [0, -1, -1, 0, height, width],
    8: [0, -1, 1, 0, 0, width],
  };
  return turns[orientation];
}
