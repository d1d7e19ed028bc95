import { describe, expect, test } from 'vitest';
import type { ModelInfo } from '../../app/contract';
import { plainName } from '../../app/fileName';
import { maxSide, refusal } from '../../app/pictureLimits';
import { fc } from '../../test/properties';
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

describe('a suggested name', () => {
  const tools = fc.constantFrom(times4, cutOut);
  const formats = fc.constantFrom('png', 'jpeg', 'webp', 'txt' as const);

  test('is one that a file system takes, whatever the picture is called', () => {
    const unit = fc.oneof(
      fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
      fc.constantFrom('.', ' ', '写', '😀'),
    );
    const names = fc.string({ unit, maxLength: 300, size: 'max' });
    fc.assert(
      fc.property(names, tools, formats, (name, tool, format) => {
        const suggested = suggestName(name, tool, format);
        const bytes = Buffer.from(suggested);
        expect(bytes.length).toBeLessThanOrEqual(255);
        // Half a character cannot be written as UTF-8, and would come back as another one.
        expect(bytes.toString()).toBe(suggested);
        const stem = suggested.replace(/( ×4| cut out)?\.[a-z]+$/, '');
        expect(stem).toMatch(/[^. ]$/u);
        const plain = name.replace(/[\\/<>:"|?*\p{Cc}\u202A-\u202E\u2066-\u2069]/gu, '_').replace(/^[. ]+/, '');
        expect(stem === 'picture' || plain.startsWith(stem)).toBe(true);
        expect(plainName(suggested)).toBe(suggested);
      }),
    );
  });

  test('keeps of a long one what fits', () => {
    expect(suggestName(`${'写真'.repeat(60)}.png`, times4, 'png')).toBe(`${'写真'.repeat(41)} ×4.png`);
    expect(suggestName(`${'😀'.repeat(100)}.png`, cutOut, 'webp')).toBe(`${'😀'.repeat(60)} cut out.webp`);
  });
});

describe('refusal', () => {
  test('refuses one pixel more and says how many are allowed', () => {
    expect(refusal({ width: 20_000, height: 10_000 })).toBeNull();
    expect(refusal({ width: 20_000, height: 10_001 })).toMatchObject({
      code: 'PICTURE_TOO_LARGE',
      params: { width: 20_000, height: 10_001, maxPixels: 200_000_000, maxSide },
    });
  });

  test('refuses a side that is longer than a decoder takes', () => {
    expect(refusal({ width: maxSide, height: 1 })).toBeNull();
    expect(refusal({ width: 1, height: maxSide + 1 })).toMatchObject({
      code: 'PICTURE_TOO_LARGE',
      params: expect.objectContaining({ maxSide }),
    });
  });
});

test('puts an opaque alpha behind every pixel', () => {
  expect([...rgbToRgba(Uint8Array.from([1, 2, 3, 4, 5, 6]))]).toEqual([1, 2, 3, 255, 4, 5, 6, 255]);
});

test('finds a single pixel that is not opaque', () => {
  expect(hasTransparency(Uint8Array.from([0, 0, 0, 255, 9, 9, 9, 255]))).toBe(false);
  expect(hasTransparency(Uint8Array.from([0, 0, 0, 255, 9, 9, 9, 254]))).toBe(true);
});
