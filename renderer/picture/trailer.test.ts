import { expect, test } from 'vitest';
import { isWhole } from './trailer';

const none = new Uint8Array();
const iend = Uint8Array.from([0, 0, 0, 0, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82]);

test('takes a PNG that ends with its last chunk and refuses one cut off', () => {
  expect(isWhole('image/png', none, iend, 100)).toBe(true);
  expect(isWhole('image/png', none, iend.subarray(0, 11), 99)).toBe(false);
});

test('takes a JPEG with something appended after its end', () => {
  expect(isWhole('image/jpeg', none, Uint8Array.from([1, 0xff, 0xd9, 0, 0]), 100)).toBe(true);
  expect(isWhole('image/jpeg', none, Uint8Array.from([1, 0xff, 0xd8, 0, 0]), 100)).toBe(false);
});

test('refuses a WebP that is shorter than it says', () => {
  const start = Uint8Array.from([0x52, 0x49, 0x46, 0x46, 92, 0, 0, 0]);
  expect(isWhole('image/webp', start, none, 100)).toBe(true);
  expect(isWhole('image/webp', start, none, 99)).toBe(false);
});
