import { expect, test } from 'vitest';
import type { Stroke } from '../../app/toolAnswer';
import { fc } from '../../test/properties';
import { drawStrokes } from './strokes';

const picture = { width: 80, height: 60 };
const whole = { x: 0, y: 0, ...picture };
/** Over nothing. */
function drawn(strokes: Stroke[], region = whole): Uint8Array {
  const matte = new Uint8Array(region.width * region.height);
  drawStrokes(matte, strokes, region, region);
  return matte;
}

const anyStroke: fc.Arbitrary<Stroke> = fc.record({
  keep: fc.boolean(),
  radius: fc.double({ min: 0.25, max: 30, noNaN: true }),
  points: fc
    .array(fc.tuple(fc.double({ min: -40, max: 120, noNaN: true }), fc.double({ min: -40, max: 100, noNaN: true })), {
      minLength: 1,
      maxLength: 5,
    })
    .map((points) => points.flat()),
});

test('a stroke covers what lies well within its radius of its line, and nothing well beyond', () => {
  fc.assert(
    fc.property(anyStroke, (stroke) => {
      const { points, radius } = stroke;
      const matte = drawn([{ ...stroke, keep: true }]);
      const edge = Math.max(0.5, radius * 0.15) + 1e-6;
      const wrong = [...matte.keys()].filter((i) => {
        const [x, y] = [(i % 80) + 0.5, Math.floor(i / 80) + 0.5];
        let away = Math.hypot(x - (points[0] ?? 0), y - (points[1] ?? 0));
        for (let p = 0; p + 3 < points.length; p += 2) {
          const [ax, ay, bx, by] = points.slice(p, p + 4) as [number, number, number, number];
          const square = (bx - ax) ** 2 + (by - ay) ** 2;
          const along =
            square > 0 ? Math.min(1, Math.max(0, ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / square)) : 0;
          away = Math.min(away, Math.hypot(x - ax - along * (bx - ax), y - ay - along * (by - ay)));
        }
        return away < radius - edge ? matte[i] !== 255 : away > radius + edge && matte[i] !== 0;
      });
      expect(wrong).toEqual([]);
    }),
  );
});

test('any part of a matte is that part of the whole', () => {
  const anyPart = fc
    .record({
      x: fc.nat(79),
      y: fc.nat(59),
      width: fc.integer({ min: 1, max: 80 }),
      height: fc.integer({ min: 1, max: 60 }),
    })
    .map(({ x, y, width, height }) => ({ x, y, width: Math.min(width, 80 - x), height: Math.min(height, 60 - y) }));
  fc.assert(
    fc.property(fc.array(anyStroke, { maxLength: 4 }), anyPart, (strokes, part) => {
      const all = drawn(strokes);
      const expected = new Uint8Array(part.width * part.height);
      for (let row = 0; row < part.height; row++) {
        const from = (part.y + row) * 80 + part.x;
        expected.set(all.subarray(from, from + part.width), row * part.width);
      }
      expect(Buffer.compare(drawn(strokes, part), expected)).toBe(0);
    }),
  );
});

test('the last stroke over a place says what is there', () => {
  const dot = (keep: boolean): Stroke => ({ keep, radius: 5, points: [40, 30] });
  expect(drawn([dot(true), dot(false)])[30 * 80 + 40]).toBe(0);
  expect(drawn([dot(false), dot(true)])[30 * 80 + 40]).toBe(255);
});
