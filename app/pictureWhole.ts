/**
 * Whether a picture in a file is all there: Chromium decodes what there is of a cut-off one and leaves the rest grey.
 * Walks the file's own structure, because phones append previews and films to a picture that is whole. Pure.
 */
import { nextMarker, type PictureType } from './pictureHeader';

/** @param bytes the whole file, whose header was read already. */
export function isWhole(type: PictureType, bytes: Uint8Array): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  switch (type) {
    case 'image/png':
      return pngEnds(view);
    case 'image/jpeg':
      return jpegEnds(bytes, view);
    case 'image/webp':
      return bytes.length >= view.getUint32(4, true) + 8;
  }
}

/** Goes from chunk to chunk until IEND. */
function pngEnds(view: DataView): boolean {
  let at = 8;
  while (at + 12 <= view.byteLength) {
    if (view.getUint32(at + 4) === 0x49454e44) return true;
    at += 12 + view.getUint32(at);
  }
  return false;
}

/** Goes from marker to marker, through the coded pixels too, until the end of the image. */
function jpegEnds(bytes: Uint8Array, view: DataView): boolean {
  let at = nextMarker(bytes, 2);
  while (at !== null) {
    if (bytes[at + 1] === 0xd9) return true;
    if (at + 4 > bytes.length) return false;
    at = nextMarker(bytes, at + 2 + view.getUint16(at + 2));
  }
  return false;
}
