/**
 * What stands behind a transparent picture for whoever knows no transparency. The one place that decides it:
 *
 * | who | what stands behind |
 * |---|---|
 * | a network that looks for something (text, faces, a subject) | the ground that the ink stands out from: `layOnGround` |
 * | a network that makes a picture, an enlargement, a mean | nothing: colours go on under the transparency (`carryColours` in native/pixels.ts), alpha is resized by itself |
 * | JPEG | white, and the window says so: `paper` |
 * | PNG, WebP | nothing: alpha is kept |
 *
 * Pure.
 */

/** Behind what is saved in a format without alpha. */
export const paper = '#ffffff';

/**
 * The ground that a picture's ink is seen on: white behind dark, black behind light. Every pixel is ink as far as it covers.
 * @param rgba 4 bytes a pixel, not premultiplied. @returns a level of grey; black where there is no ink.
 */
export function groundFor(rgba: Uint8Array | Uint8ClampedArray): 0 | 255 {
  let ink = 0;
  let light = 0;
  for (let i = 0; i + 3 < rgba.length; i += 4) {
    const alpha = rgba[i + 3] as number;
    ink += alpha;
    // As bright as it looks (Rec. 601).
    light += alpha * (0.299 * (rgba[i] as number) + 0.587 * (rgba[i + 1] as number) + 0.114 * (rgba[i + 2] as number));
  }
  return ink > 0 && light / ink < 128 ? 255 : 0;
}

/** Lays a picture on the ground that its ink is seen on, in place; an opaque one stays as it is. @param rgba as of `groundFor`. */
export function layOnGround(rgba: Uint8Array | Uint8ClampedArray): void {
  // Looked for where the first pixel needs it: most pictures have none.
  let ground: number | undefined;
  for (let i = 0; i + 3 < rgba.length; i += 4) {
    const alpha = rgba[i + 3] as number;
    if (alpha === 255) continue;
    ground ??= groundFor(rgba);
    for (let channel = i; channel < i + 3; channel++)
      rgba[channel] = Math.round(((rgba[channel] as number) * alpha + ground * (255 - alpha)) / 255);
    rgba[i + 3] = 255;
  }
}

/** @param rgba opaque, as large as `size`. @returns RGB of it in the top left corner of a black picture as large as `input`. */
export function opaqueIn(
  rgba: Uint8Array,
  size: { width: number; height: number },
  input: { width: number; height: number },
): Uint8Array {
  const rgb = new Uint8Array(input.width * input.height * 3);
  for (let y = 0; y < size.height; y++) {
    let from = y * size.width * 4;
    let to = y * input.width * 3;
    // Channel by channel, and counted on: half of the time of a loop over channels.
    for (let x = 0; x < size.width; x++, from += 4, to += 3) {
      rgb[to] = rgba[from] as number;
      rgb[to + 1] = rgba[from + 1] as number;
      rgb[to + 2] = rgba[from + 2] as number;
    }
  }
  return rgb;
}
