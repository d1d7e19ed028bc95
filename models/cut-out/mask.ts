/** Pure part of cutting out. */

/** Mask values → alpha, a byte each. @param values 0–255 as uint8, 0–1 as float32. */
export function maskToAlpha(values: Uint8Array | Float32Array): Uint8Array {
  const scale = values instanceof Float32Array ? 255 : 1;
  return new Uint8Array(Uint8ClampedArray.from(values, (value) => value * scale).buffer);
}
