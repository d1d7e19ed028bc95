import { expect, test } from 'vitest';
import { fc } from '../test/properties';
import { planTiles, type Rect } from './tiles';
import { TopRows } from './topRows';

const [width, height] = [12, 10];
const rects = fc
  .record({ x: fc.nat(width - 1), y: fc.nat(height - 1), width: fc.integer({ min: 1, max: width }), height: fc.nat(9) })
  .map((rect) => ({
    ...rect,
    width: Math.min(rect.width, width - rect.x),
    height: Math.min(rect.height + 1, height - rect.y),
  }));

/** The same by looking at each pixel. */
function plainly(there: readonly Rect[]): number {
  const isThere = (x: number, y: number) =>
    there.some((rect) => x >= rect.x && x < rect.x + rect.width && y >= rect.y && y < rect.y + rect.height);
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) if (!isThere(x, y)) return y;
  return height;
}

test('counts the rows that are whole from the top, whatever parts come in whatever order', () => {
  fc.assert(
    fc.property(fc.array(fc.array(rects, { maxLength: 6 }), { maxLength: 8 }), (batches) => {
      const rows = new TopRows(width);
      const there: Rect[] = [];
      for (const batch of batches) {
        there.push(...batch);
        expect(rows.add(batch)).toBe(plainly(there));
      }
    }),
  );
});

test('has all rows once all tiles of a picture are there, in any order', () => {
  const cores = planTiles(500, 300, 64, 64, 8).map(({ core }) => core);
  fc.assert(
    fc.property(fc.shuffledSubarray(cores, { minLength: cores.length }), (shuffled) => {
      const rows = new TopRows(500);
      const counts = shuffled.map((rect) => rows.add([rect]));
      expect(counts).toEqual([...counts].sort((a, b) => a - b));
      expect(counts.at(-1)).toBe(300);
    }),
    { numRuns: 20 },
  );
});
