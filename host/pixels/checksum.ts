/** The two checksums that a PNG carries, Adler-32 and CRC-32. The addon makes Adler-32. */
import zlib from 'node:zlib';

/** Adler-32's modulus (RFC 1950). */
const base = 65521;

/** Joins the Adler-32 of two pieces. @param bytes length of the second piece. */
export function joinAdler32(first: number, second: number, bytes: number): number {
  const length = bytes % base;
  const low1 = first & 0xffff;
  const low = (low1 + (second & 0xffff) + base - 1) % base;
  const high = (length * low1 + (first >>> 16) + (second >>> 16) + base - length) % base;
  return ((high << 16) | low) >>> 0;
}

/** CRC-32, which Node 18 in Electron 25 does not have. @param before the CRC-32 of the bytes before. */
export const crc32: (bytes: Uint8Array, before?: number) => number = zlib.crc32 ?? crc32InScript;

/** Eight tables, for eight bytes a step. */
const tables = Array.from({ length: 8 }, () => new Int32Array(256));
for (let i = 0; i < 256; i++) {
  let value = i;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  (tables[0] as Int32Array)[i] = value;
}
for (let t = 1; t < 8; t++)
  for (let i = 0; i < 256; i++) {
    const value = tables[t - 1]?.[i] as number;
    (tables[t] as Int32Array)[i] = (value >>> 8) ^ (tables[0]?.[value & 255] as number);
  }
const [t0, t1, t2, t3, t4, t5, t6, t7] = tables as [
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
];

/** CRC-32 as zlib makes it, in JavaScript. */
export function crc32InScript(bytes: Uint8Array, before = 0): number {
  let crc = ~before;
  let at = 0;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (const end = bytes.length - 7; at < end; at += 8) {
    const low = view.getInt32(at, true) ^ crc;
    const high = view.getInt32(at + 4, true);
    crc =
      (t7[low & 255] as number) ^
      (t6[(low >>> 8) & 255] as number) ^
      (t5[(low >>> 16) & 255] as number) ^
      (t4[low >>> 24] as number) ^
      (t3[high & 255] as number) ^
      (t2[(high >>> 8) & 255] as number) ^
      (t1[(high >>> 16) & 255] as number) ^
      (t0[high >>> 24] as number);
  }
  for (; at < bytes.length; at++) crc = (crc >>> 8) ^ (t0[(crc ^ (bytes[at] as number)) & 255] as number);
  return ~crc >>> 0;
}
