import { describe, expect, test } from 'vitest';
import { isWhole } from './pictureWhole';

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

describe('a PNG', () => {
  const signature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
  const chunk = [0, 0, 0, 2, 0x49, 0x44, 0x41, 0x54, 1, 2, 9, 9, 9, 9];
  const end = [0, 0, 0, 0, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82];

  test('is whole with its last chunk, whatever follows', () => {
    expect(isWhole('image/png', bytes(...signature, ...chunk, ...end))).toBe(true);
    expect(isWhole('image/png', bytes(...signature, ...chunk, ...end, 7, 7, 7))).toBe(true);
  });

  test('is not when cut off within a chunk', () => {
    expect(isWhole('image/png', bytes(...signature, ...chunk, ...end.slice(0, 11)))).toBe(false);
    expect(isWhole('image/png', bytes(...signature, ...chunk.slice(0, 9)))).toBe(false);
  });
});

describe('a JPEG', () => {
  /** A preview with its own beginning and end inside a segment. */
  const preview = [0xff, 0xe1, 0, 6, 0xff, 0xd8, 0xff, 0xd9];
  const scan = [0xff, 0xda, 0, 3, 0, 0x12, 0xff, 0x00, 0x34, 0xff, 0xd0, 0x56];

  test('is whole with its end, whatever follows', () => {
    expect(isWhole('image/jpeg', bytes(0xff, 0xd8, ...preview, ...scan, 0xff, 0xd9))).toBe(true);
    expect(isWhole('image/jpeg', bytes(0xff, 0xd8, ...scan, ...scan, 0xff, 0xd9, 0, 0xff, 0xda))).toBe(true);
  });

  test('is whole with bytes between its segments that belong to none', () => {
    const junk = [0, 0xe1, 0, 9, 0xff, 0x00, 0xff, 0x01];
    expect(isWhole('image/jpeg', bytes(0xff, 0xd8, ...preview, ...junk, ...scan, 0xff, 0xd9))).toBe(true);
    expect(isWhole('image/jpeg', bytes(0xff, 0xd8, ...preview, ...junk, ...scan))).toBe(false);
  });

  test("is not when cut off, although its preview's end is there", () => {
    expect(isWhole('image/jpeg', bytes(0xff, 0xd8, ...preview, ...scan))).toBe(false);
  });
});

test('a WebP is whole when it is as long as it says', () => {
  const file = bytes(0x52, 0x49, 0x46, 0x46, 4, 0, 0, 0, 0x57, 0x45, 0x42, 0x50);
  expect(isWhole('image/webp', file)).toBe(true);
  expect(isWhole('image/webp', file.subarray(0, 11))).toBe(false);
});
