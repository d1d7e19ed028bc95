import { describe, expect, test } from 'vitest';
import { findText, grown, type TextMap } from './find';
import { cornersOf, type Rectangle } from './rectangle';

const empty = (width: number, height: number): TextMap => ({
  values: new Uint8Array(width * height),
  width,
  height,
});

/** Marks the pixels whose middle lies in a rectangle. */
function mark(map: TextMap, { centre, along, length, breadth }: Rectangle, value = 255): void {
  for (let y = 0; y < map.height; y++)
    for (let x = 0; x < map.width; x++) {
      const dx = x + 0.5 - centre.x;
      const dy = y + 0.5 - centre.y;
      const u = dx * along.x + dy * along.y;
      const v = -dx * along.y + dy * along.x;
      if (Math.abs(u) <= length / 2 && Math.abs(v) <= breadth / 2) map.values[y * map.width + x] = value;
    }
}

const level = (x: number, y: number, length: number, breadth: number): Rectangle => ({
  centre: { x, y },
  along: { x: 1, y: 0 },
  length,
  breadth,
});

describe('findText', () => {
  test('finds a level line and grows it as the paper says', () => {
    const map = empty(200, 100);
    mark(map, level(100, 50, 80, 10));
    const [found, ...others] = findText(map);
    expect(others).toEqual([]);
    // Area 800 over perimeter 180, times 1.6: 7.1 on each side.
    const by = (800 * 1.6) / 180;
    expect(found?.length).toBeCloseTo(80 + 2 * by, 6);
    expect(found?.breadth).toBeCloseTo(10 + 2 * by, 6);
    expect(found?.centre).toEqual({ x: 100, y: 50 });
  });

  test.each([15, 40, 75, 120, 160])('finds a line turned by %d°', (degrees) => {
    const map = empty(200, 200);
    const angle = (degrees * Math.PI) / 180;
    const line = {
      centre: { x: 100, y: 100 },
      along: { x: Math.cos(angle), y: Math.sin(angle) },
      length: 100,
      breadth: 14,
    };
    mark(map, line);
    const [found] = findText(map);
    const wanted = grown(line);
    expect(Math.abs((found?.along.x ?? 0) * line.along.x + (found?.along.y ?? 0) * line.along.y)).toBeGreaterThan(
      0.9995,
    );
    expect(Math.abs((found?.length ?? 0) - wanted.length)).toBeLessThan(4);
    expect(Math.abs((found?.breadth ?? 0) - wanted.breadth)).toBeLessThan(4);
  });

  test('keeps lines apart that do not touch, and joins what touches at a corner', () => {
    const map = empty(100, 60);
    mark(map, level(20, 10, 20, 6));
    mark(map, level(60, 10, 20, 6));
    mark(map, level(20, 40, 20, 6));
    // Its top left corner touches the bottom right one of the line before.
    mark(map, level(40, 46, 20, 6));
    expect(findText(map)).toHaveLength(3);
  });

  test('leaves out specks and areas that are too unsure', () => {
    const map = empty(100, 60);
    mark(map, level(20, 10, 30, 2));
    mark(map, level(60, 30, 30, 8), 100);
    expect(findText(map)).toEqual([]);
    mark(map, level(60, 30, 30, 8), 160);
    expect(findText(map)).toHaveLength(1);
  });

  test('finds what lies on the edges of the map', () => {
    const map = empty(60, 40);
    mark(map, level(30, 4, 60, 8));
    const [found] = findText(map);
    expect(found?.centre).toEqual({ x: 30, y: 4 });
    expect(Math.min(...cornersOf(found as Rectangle).map(({ y }) => y))).toBeLessThan(0);
  });

  test('finds nothing in an empty map, and one thing in a full one', () => {
    expect(findText(empty(50, 50))).toEqual([]);
    expect(findText({ ...empty(50, 50), values: new Uint8Array(2500).fill(255) })).toHaveLength(1);
  });
});
