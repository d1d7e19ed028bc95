import { describe, expect, test } from 'vitest';
import { readHeader } from './pictureHeader';

const bytes = (...parts: (number[] | string)[]): Uint8Array =>
  Uint8Array.from(parts.flatMap((part) => (typeof part === 'string' ? [...part].map((c) => c.charCodeAt(0)) : part)));
const be32 = (value: number) => [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];
const be16 = (value: number) => [value >>> 8, value & 255];

const png = (width: number, height: number) =>
  bytes([0x89], 'PNG\r\n\x1a\n', be32(13), 'IHDR', be32(width), be32(height), [8, 2, 0, 0, 0]);
const frame = (marker: number, width: number, height: number) => [
  0xff,
  marker,
  ...be16(17),
  8,
  ...be16(height),
  ...be16(width),
  3,
];
const segment = (marker: number, length: number) => [
  0xff,
  marker,
  ...be16(length + 2),
  ...new Array<number>(length).fill(0),
];
const webp = (chunk: string, payload: number[]) =>
  bytes('RIFF', [100, 0, 0, 0], 'WEBP', chunk, [80, 0, 0, 0], payload, new Array<number>(16).fill(0));

describe('readHeader', () => {
  test('reads a size that would not fit into memory without decoding it', () => {
    expect(readHeader(png(30_000, 30_000))).toEqual({ type: 'image/png', width: 30_000, height: 30_000 });
  });

  test('finds the frame of a JPEG behind its other segments', () => {
    const file = bytes([0xff, 0xd8], segment(0xe0, 14), segment(0xe1, 3000), segment(0xc4, 20), frame(0xc2, 640, 427));
    expect(readHeader(file)).toEqual({ type: 'image/jpeg', width: 640, height: 427 });
  });

  test('skips fill bytes between JPEG segments', () => {
    const file = bytes([0xff, 0xd8], segment(0xe0, 14), [0xff, 0xff], frame(0xc0, 8, 4));
    expect(readHeader(file)).toMatchObject({ width: 8, height: 4 });
  });

  test.each([
    ['zeros', [0, 0, 0]],
    ['a segment without its FF', [0, 0xe1, 0, 16, ...new Array<number>(14).fill(0)]],
    ['a stuffed FF', [7, 0xff, 0, 7]],
    ['a restart and a marker that stands alone', [0xff, 0xd0, 0xff, 0x01]],
  ])('skips %s before a JPEG segment, as decoders do', (_, junk) => {
    const file = bytes([0xff, 0xd8], segment(0xe0, 14), junk, segment(0xdb, 3), junk, frame(0xc0, 8, 4));
    expect(readHeader(file)).toMatchObject({ width: 8, height: 4 });
  });

  test('reads the three kinds of WebP', () => {
    const size = { type: 'image/webp', width: 300, height: 200 };
    expect(readHeader(webp('VP8 ', [0, 0, 0, 0x9d, 0x01, 0x2a, 300 & 255, 300 >> 8, 200, 0]))).toEqual(size);
    const bits = 299 | (199 << 14);
    expect(readHeader(webp('VP8L', [0x2f, bits & 255, (bits >> 8) & 255, (bits >> 16) & 255, bits >>> 24]))).toEqual(
      size,
    );
    expect(readHeader(webp('VP8X', [0, 0, 0, 0, 299 & 255, 299 >> 8, 0, 199, 0, 0]))).toEqual(size);
  });

  test.each([
    ['text', bytes('hello, I am a picture, believe me please')],
    ['nothing', bytes()],
    ['a PNG without a size', png(0, 10)],
    ['a PNG cut off in its header', png(10, 10).subarray(0, 20)],
    ['a JPEG whose pixels come before its size', bytes([0xff, 0xd8], segment(0xda, 10), frame(0xc0, 8, 4))],
    ['a JPEG cut off before its size', bytes([0xff, 0xd8], segment(0xe0, 14))],
    ['a JPEG segment that leads back to itself', bytes([0xff, 0xd8, 0xff, 0xe0, 0, 0, 0, 0])],
    ['a GIF', bytes('GIF89a', new Array<number>(40).fill(1))],
  ])('refuses %s', (_, file) => expect(readHeader(file)).toBeNull());
});
