/**
 * The head of a picture file, in libvips' own format (`.v`): libvips maps such a file of pixels and copies nothing. The rows follow
 * at once, top row first, a byte a channel, with nothing between them. Pure.
 */

/** What lies before the first pixel. */
export const pictureHeaderBytes = 64;

/** Colour (red, green, blue) or alpha. */
export type Channels = 1 | 3;

/** Size of the whole file in bytes, header and rows. */
export const pictureBytes = (width: number, height: number, channels: Channels): number =>
  pictureHeaderBytes + width * height * channels;

/** libvips' mark for "numbers follow, lowest byte first"; itself written highest byte first. */
const lowestByteFirst = 0xb6a6f208;
/** VipsInterpretation. */
const sRgb = 22;
const blackAndWhite = 1;

/** @param width pixels a row. @param height rows. @returns the first 64 bytes of the file. */
export function pictureHeader(width: number, height: number, channels: Channels): Uint8Array {
  const bytes = new Uint8Array(pictureHeaderBytes);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, lowestByteFirst);
  view.setInt32(4, width, true);
  view.setInt32(8, height, true);
  view.setInt32(12, channels, true);
  // At 20 and 24, zero: bytes, uncoded.
  view.setInt32(28, channels === 3 ? sRgb : blackAndWhite, true);
  // Pixels a millimetre, across and down.
  view.setFloat32(32, 1, true);
  view.setFloat32(36, 1, true);
  return bytes;
}
