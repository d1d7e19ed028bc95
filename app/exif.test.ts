import { describe, expect, it } from 'vitest';
import { orientationOf } from './exif';
import { exampleExif } from './metadata.fixture';

/** Where the example's entry of orientation lies: the second of the directory at 8. */
const entry = 8 + 2 + 12;

function turned(order: 'II' | 'MM', value: number, change: (view: DataView, little: boolean) => void = () => {}) {
  const bytes = exampleExif(order);
  const view = new DataView(bytes.buffer);
  view.setUint16(entry + 8, value, order === 'II');
  change(view, order === 'II');
  return orientationOf(bytes);
}

describe.each(['II', 'MM'] as const)('the orientation in EXIF of byte order %s', (order) => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])('%d is read', (value) => expect(turned(order, value)).toBe(value));

  it.each([0, 9, 65_535])('%d is none, so the picture is upright', (value) => expect(turned(order, value)).toBe(1));

  it('is read as a long number too', () => {
    const long = (view: DataView, little: boolean) => {
      view.setUint16(entry + 2, 4, little);
      view.setUint32(entry + 8, 8, little);
    };
    expect(turned(order, 0, long)).toBe(8);
  });

  it('is read where an entry behind it is broken', () => {
    expect(turned(order, 3, (view, little) => view.setUint32(entry + 12 + 8, 1e9, little))).toBe(3);
  });

  it.each<[string, (view: DataView, little: boolean) => void]>([
    ['is text', (view, little) => view.setUint16(entry + 2, 2, little)],
    ['lies behind the end', (view, little) => view.setUint32(4, 1e9, little)],
    ['has no TIFF around it', (view, little) => view.setUint16(2, 43, little)],
  ])('makes the picture upright where it %s', (_, change) => expect(turned(order, 6, change)).toBe(1));
});

it('of no EXIF, and of less than a TIFF header, is upright', () => {
  expect(orientationOf(undefined)).toBe(1);
  expect(orientationOf(new Uint8Array(13))).toBe(1);
});
