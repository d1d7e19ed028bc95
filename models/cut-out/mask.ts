/** Pure part of cutting out. */

/** Mask values → black pixels whose alpha they are. @param values 0–255 as uint8, 0–1 as float32. */
export function maskToAlpha(values: Uint8Array | Float32Array): Uint8ClampedArray<ArrayBuffer> {
  const scale = values instanceof Float32Array ? 255 : 1;
  const rgba = new Uint8ClampedArray(values.length * 4);
  for (let i = 0; i < values.length; i++) rgba[i * 4 + 3] = (values[i] as number) * scale;
  return rgba;
}
