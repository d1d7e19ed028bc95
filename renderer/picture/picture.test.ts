import { describe, expect, test } from 'vitest';
import type { ModelInfo } from '../../app/contract';
import { maxInputSide, refusal } from '../../app/pictureLimits';
import { suggestName } from './name';
import { hasTransparency, rgbToRgba } from './pixels';

const times4: Pick<ModelInfo, 'name' | 'flow'> = {
  name: 'Photo ×4',
  flow: { kind: 'tiles', scale: 4, overlap: 16, cpuTile: 128 },
};
const cutOut: Pick<ModelInfo, 'name' | 'flow'> = { name: 'Cut out', flow: { kind: 'whole', fit: 'stretch' } };

describe('suggestName', () => {
  test('names an enlarged picture by how much', () =>
    expect(suggestName('cat.jpeg', times4, 'png')).toBe('cat ×4.png'));
  test('names any other by its tool', () => expect(suggestName('cat.png', cutOut, 'webp')).toBe('cat cut out.webp'));
  test('keeps dots within a name', () =>
    expect(suggestName('v1.2 final.png', times4, 'jpeg')).toBe('v1.2 final ×4.jpg'));
  test('has a name for a file without one', () => expect(suggestName('.png', times4, 'png')).toBe('picture ×4.png'));
});

describe('refusal', () => {
  test('lets each tool take what its result can hold', () => {
    expect(maxInputSide(times4)).toBe(4096);
    expect(maxInputSide(cutOut)).toBe(16384);
  });

  test('refuses one pixel more and says how many are allowed', () => {
    expect(refusal({ width: 4096, height: 4096 }, times4)).toBeNull();
    expect(refusal({ width: 100, height: 4097 }, times4)).toMatchObject({
      code: 'PICTURE_TOO_LARGE',
      remedy: expect.stringContaining('4096') as string,
    });
  });
});

test('puts an opaque alpha behind every pixel', () => {
  expect([...rgbToRgba(Uint8Array.from([1, 2, 3, 4, 5, 6]))]).toEqual([1, 2, 3, 255, 4, 5, 6, 255]);
});

test('finds a single pixel that something shines through', () => {
  expect(hasTransparency(Uint8Array.from([0, 0, 0, 255, 9, 9, 9, 255]))).toBe(false);
  expect(hasTransparency(Uint8Array.from([0, 0, 0, 255, 9, 9, 9, 254]))).toBe(true);
});
