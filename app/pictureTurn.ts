/**
 * Turns a picture by EXIF's eight orientations. Every Chromium turns a JPEG. Only some versions turn PNG and WebP, so Refit hides the
 * orientation of those from Chromium and turns them itself: each picture is turned once. Pure.
 */
import type { Orientation } from './exif';
import type { PictureType } from './pictureHeader';
import type { Edit } from './pictureWhole';

/** Edits that hide the orientation of a PNG or WebP from Chromium; none for a JPEG. */
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
      // Renames the chunk to one that no decoder knows, so that all lengths stay right.
      if (view.getUint32(at) === 0x45584946)
        edits.push({ from: at, to: at + 4, bytes: Uint8Array.from([0x65, 0x78, 0x69, 0x66]) });
      at += 8 + length + (length & 1);
    }
  return edits;
}

/** Whether width and height change places. */
export const isOnItsSide = (orientation: Orientation): boolean => orientation >= 5;

/**
 * Maps a stored pixel to its place: x' = a x + c y + e, y' = b x + d y + f.
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
