import { describe, expect, test } from 'vitest';
import { directionsOf, inReadingOrder } from './order';
import type { Rectangle } from './rectangle';

const at = (x: number, y: number, length = 40, breadth = 10, degrees = 0): Rectangle => ({
  centre: { x, y },
  along: { x: Math.cos((degrees * Math.PI) / 180), y: Math.sin((degrees * Math.PI) / 180) },
  length,
  breadth,
});

const degreesOf = ({ along }: Rectangle): number => Math.round((Math.atan2(along.y, along.x) * 180) / Math.PI) + 0;

describe('directionsOf', () => {
  test.each([
    [0, [0]],
    [180, [0]],
    [20, [20]],
    [200, [20]],
    [-30, [-30]],
    [150, [-30]],
    [90, [90, -90]],
    [-90, [90, -90]],
    [70, [70, -110]],
    [-80, [100, -80]],
  ])('a line at %d° may run at %j', (degrees, wanted) => {
    expect(directionsOf(at(0, 0, 40, 10, degrees)).map(degreesOf)).toEqual(wanted);
  });

  test('a single letter, a little taller than wide, stands level', () => {
    const [only, ...others] = directionsOf(at(0, 0, 12, 9, 90));
    expect(others).toEqual([]);
    expect(only).toMatchObject({ length: 9, breadth: 12 });
    expect(degreesOf(only as Rectangle)).toBe(0);
  });
});

describe('inReadingOrder', () => {
  test('goes from top to bottom', () => {
    const lines = [at(50, 60), at(50, 20), at(50, 40)];
    expect(inReadingOrder(lines).map(({ centre }) => centre.y)).toEqual([20, 40, 60]);
  });

  test('goes from left to right where lines stand side by side, even if not quite level', () => {
    const lines = [at(150, 18), at(50, 20), at(100, 22), at(50, 40)];
    expect(inReadingOrder(lines).map(({ centre }) => [centre.x, centre.y])).toEqual([
      [50, 20],
      [100, 22],
      [150, 18],
      [50, 40],
    ]);
  });

  test('keeps close lines apart whose boxes overlap a little', () => {
    const lines = [at(60, 20, 40, 14), at(50, 30, 40, 14)];
    expect(inReadingOrder(lines).map(({ centre }) => centre.y)).toEqual([20, 30]);
  });

  test('turns the page where most of its text stands', () => {
    // Turned clockwise, text runs downwards and the first line is the rightmost; turned the other way, the leftmost.
    const columns = (degrees: number) => [at(20, 50, 40, 10, degrees), at(60, 50, 40, 10, degrees), at(40, 10, 9, 10)];
    expect(inReadingOrder(columns(90)).map(({ centre }) => centre.x)).toEqual([60, 40, 20]);
    expect(inReadingOrder(columns(-90)).map(({ centre }) => centre.x)).toEqual([20, 40, 60]);
  });

  test('leaves what it was given as it was', () => {
    const lines = [at(50, 60), at(50, 20)];
    inReadingOrder(lines);
    expect(lines.map(({ centre }) => centre.y)).toEqual([60, 20]);
  });
});
