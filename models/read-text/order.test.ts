import { describe, expect, test } from 'vitest';
import { isLong, reversed, towards } from './order';
import type { Rectangle } from './rectangle';

const at = (length: number, breadth: number, degrees: number): Rectangle => ({
  centre: { x: 0, y: 0 },
  along: { x: Math.cos((degrees * Math.PI) / 180), y: Math.sin((degrees * Math.PI) / 180) },
  length,
  breadth,
});
/** The direction of `along` in degrees, from −179 to 180. */
const degreesOf = ({ along }: Rectangle): number => {
  const degrees = Math.round((Math.atan2(along.y, along.x) * 180) / Math.PI) + 0;
  return degrees === -180 ? 180 : degrees;
};
const page = (degrees: number) => at(1, 1, degrees).along;

describe('towards', () => {
  test.each([
    [0, 0, 0],
    [180, 0, 0],
    [20, 0, 20],
    [200, 0, 20],
    [150, 0, -30],
    [90, 90, 90],
    [-90, 90, 90],
    [-80, 90, 100],
    [0, 180, 180],
    [5, -175, -175],
  ])('a line at %d° on a page at %d° runs at %d°', (degrees, held, wanted) => {
    expect(degreesOf(towards(at(40, 10, degrees), page(held)))).toBe(wanted);
  });

  test.each([0, 90, 180, -90])('a single letter, a little taller than wide, stands as a page at %d° does', (held) => {
    for (const lies of [0, 90, 180, 270]) {
      const box = at(12, 9, lies);
      const turned = towards(box, page(held));
      expect(degreesOf(turned)).toBe(held);
      const [width, height] = (lies + held) % 180 === 0 ? [12, 9] : [9, 12];
      expect([turned.length, turned.breadth]).toEqual([width, height]);
    }
  });
});

test('a line is long where its sides tell which way it runs', () => {
  expect(isLong(at(40, 10, 0))).toBe(true);
  expect(isLong(at(12, 9, 0))).toBe(false);
});

test('a line upside down runs the other way', () => expect(degreesOf(reversed(at(40, 10, 30)))).toBe(-150));
