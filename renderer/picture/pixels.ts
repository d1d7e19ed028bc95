/** Loops over raw pixels. Pure. */

/** Puts an opaque alpha behind every RGB pixel. @param rgb 3 bytes a pixel. @returns 4 bytes a pixel. */
export function rgbToRgba(rgb: Uint8Array): Uint8ClampedArray<ArrayBuffer> {
  const rgba = new Uint8ClampedArray((rgb.length / 3) * 4);
  for (let from = 0, to = 0; from + 2 < rgb.length; from += 3, to += 4) {
    rgba[to] = rgb[from] as number;
    rgba[to + 1] = rgb[from + 1] as number;
    rgba[to + 2] = rgb[from + 2] as number;
    rgba[to + 3] = 255;
  }
  return rgba;
}

/** Takes colours and alpha apart. @param rgba 4 bytes a pixel. */
export function splitAlpha(rgba: Uint8ClampedArray): { rgb: Uint8Array<ArrayBuffer>; alpha: Uint8Array<ArrayBuffer> } {
  const pixels = rgba.length / 4;
  const rgb = new Uint8Array(pixels * 3);
  const alpha = new Uint8Array(pixels);
  for (let pixel = 0, from = 0, to = 0; pixel < pixels; pixel += 1, from += 4, to += 3) {
    rgb[to] = rgba[from] as number;
    rgb[to + 1] = rgba[from + 1] as number;
    rgb[to + 2] = rgba[from + 2] as number;
    alpha[pixel] = rgba[from + 3] as number;
  }
  return { rgb, alpha };
}

/** Whether any pixel is transparent. @param rgba 4 bytes a pixel. */
export function hasTransparency(rgba: Uint8Array | Uint8ClampedArray): boolean {
  for (let i = 3; i < rgba.length; i += 4) if (rgba[i] !== 255) return true;
  return false;
}
