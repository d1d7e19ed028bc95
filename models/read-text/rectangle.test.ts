import { describe, expect, test } from 'vitest';
import type { Point } from '../tool';
import { cornersOf, type Rectangle, smallestRectangle } from './rectangle';

const turnedBy = (degrees: number, length: number, breadth: number): Rectangle => ({
  centre: { x: 50, y: 40 },
  along: { x: Math.cos((degrees * Math.PI) / 180), y: Math.sin((degrees * Math.PI) / 180) },
  length,
  breadth,
});

/** Points all over a rectangle, with its corners. */
function pointsOf(rectangle: Rectangle): Point[] {
  const [a, b, , d] = cornersOf(rectangle);
  const steps = [0, 0.2, 0.5, 0.9, 1];
  return steps.flatMap((u) =>
    steps.map((v) => ({
      x: a.x + u * (b.x - a.x) + v * (d.x - a.x),
      y: a.y + u * (b.y - a.y) + v * (d.y - a.y),
    })),
  );
}

describe('smallestRectangle', () => {
  test.each([0, 10, 30, 45, 80, 90, 135, 170])('finds a rectangle turned by %d°', (degrees) => {
    const rectangle = turnedBy(degrees, 30, 8);
    const found = smallestRectangle(pointsOf(rectangle));
    expect(found.length).toBeCloseTo(30, 6);
    expect(found.breadth).toBeCloseTo(8, 6);
    expect(found.centre.x).toBeCloseTo(50, 6);
    expect(found.centre.y).toBeCloseTo(40, 6);
    const cosine = found.along.x * rectangle.along.x + found.along.y * rectangle.along.y;
    expect(Math.abs(cosine)).toBeCloseTo(1, 6);
  });

  test('takes the longer side along, whichever it is', () => {
    const found = smallestRectangle(pointsOf(turnedBy(0, 5, 20)));
    expect([found.length, found.breadth]).toEqual([20, 5]);
    expect(Math.abs(found.along.y)).toBeCloseTo(1, 6);
  });

  test('encloses points that form no rectangle', () => {
    const triangle = [
      { x: 0, y: 0 },
      { x: 10, y: 1 },
      { x: 4, y: 6 },
    ];
    const { centre, along, length, breadth } = smallestRectangle(triangle);
    for (const { x, y } of triangle) {
      const u = (x - centre.x) * along.x + (y - centre.y) * along.y;
      const v = -(x - centre.x) * along.y + (y - centre.y) * along.x;
      expect(Math.abs(u)).toBeLessThanOrEqual(length / 2 + 1e-9);
      expect(Math.abs(v)).toBeLessThanOrEqual(breadth / 2 + 1e-9);
    }
  });

  test('is flat for points on a line, and a point for one', () => {
    const line = [1, 2, 3].map((x) => ({ x, y: 2 * x }));
    expect(smallestRectangle(line).breadth).toBeCloseTo(0, 9);
    expect(smallestRectangle([{ x: 3, y: 4 }])).toMatchObject({ centre: { x: 3, y: 4 }, length: 0, breadth: 0 });
  });

  test('refuses no points', () => expect(() => smallestRectangle([])).toThrow(/received none/));
});

test('corners go from the top left along the text and back below it', () => {
  expect(cornersOf({ centre: { x: 10, y: 20 }, along: { x: 1, y: 0 }, length: 8, breadth: 4 })).toEqual([
    { x: 6, y: 18 },
    { x: 14, y: 18 },
    { x: 14, y: 22 },
    { x: 6, y: 22 },
  ]);
});
