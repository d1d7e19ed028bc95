/** Bytes of tensors as numbers. Pure. */

/** Views bytes as numbers; copies where float32 alignment demands it. */
export function asNumbers(bytes: Uint8Array, dtype: 'uint8' | 'float32'): Uint8Array | Float32Array {
  if (dtype === 'uint8') return bytes;
  // Not `bytes.slice()`: of a Node Buffer that is a view, as misaligned as before.
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : new Uint8Array(bytes);
  return new Float32Array(aligned.buffer, aligned.byteOffset, aligned.byteLength >> 2);
}
