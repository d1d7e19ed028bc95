import { expect, test } from 'vitest';
import type { Rectangle } from '../../app/toolAnswer';
import { closePictures, fileOf, pixels } from '../../main/pictures/picture.fixture';
import { cut } from './cut';
import { Maps } from './layers';

closePictures();

const side = 64;
/** Red grows to the right, green downwards: a pixel tells where it was. */
const map = Uint8Array.from({ length: side * side * 3 }, (_, i) => {
  const pixel = Math.floor(i / 3);
  return [(pixel % side) * 4, Math.floor(pixel / side) * 4, 0][i % 3] as number;
});
const cutOf = async (rectangle: Rectangle, width: number, height: number, alpha?: Uint8Array) => {
  const picture = (await fileOf(side, side, map)).facts;
  const layer = { picture, ...(alpha && { alpha: (await fileOf(side, side, alpha)).facts }) };
  return cut(new Maps(pixels), layer, rectangle, width, height);
};
const at = (rgba: Uint8Array, width: number, x: number, y: number) => [
  ...rgba.subarray((y * width + x) * 4, (y * width + x) * 4 + 4),
];
const middle = { x: 32, y: 32 };
const right = { x: 1, y: 0 };

test('gives a level rectangle pixel for pixel', async () => {
  const rgba = await cutOf({ centre: middle, along: right, length: 8, breadth: 4 }, 8, 4);
  expect(at(rgba, 8, 0, 0)).toEqual([28 * 4, 30 * 4, 0, 255]);
  expect(at(rgba, 8, 7, 3)).toEqual([35 * 4, 33 * 4, 0, 255]);
});

test('gives a level rectangle at half its size as the means of its pixels', async () => {
  const rgba = await cutOf({ centre: middle, along: right, length: 16, breadth: 8 }, 8, 4);
  for (const [x, y] of [
    [0, 0],
    [3, 2],
    [7, 3],
  ] as const)
    expect(at(rgba, 8, x, y)).toEqual([(24 + 2 * x) * 4 + 2, (28 + 2 * y) * 4 + 2, 0, 255]);
});

test('enlarges a level rectangle as it does one that lies slanted by nothing to speak of', async () => {
  const part = { centre: { x: 20.3, y: 15.9 }, length: 40.6, breadth: 31.8 };
  const [level, slanted] = [
    await cutOf({ ...part, along: right }, 90, 70),
    await cutOf({ ...part, along: { x: 1, y: 1e-12 } }, 90, 70),
  ];
  expect(Math.max(...level.map((value, i) => Math.abs(value - (slanted[i] ?? 0))))).toBeLessThanOrEqual(1);
});

test('turns level a rectangle that runs downwards', async () => {
  const rgba = await cutOf({ centre: middle, along: { x: 0, y: 1 }, length: 8, breadth: 4 }, 8, 4);
  // From its left to its right: down the picture. From its top to its bottom: to the left.
  expect(at(rgba, 8, 0, 0)).toEqual([33 * 4, 28 * 4, 0, 255]);
  expect(at(rgba, 8, 7, 3)).toEqual([30 * 4, 35 * 4, 0, 255]);
});

test('turns a slanted one level: along its middle the picture goes by as steep as it lies', async () => {
  const along = { x: 0.8, y: 0.6 };
  const rgba = await cutOf({ centre: middle, along, length: 40, breadth: 5 }, 40, 5);
  for (const x of [0, 10, 39]) {
    const [red = 0, green = 0] = at(rgba, 40, x, 2);
    const step = x + 0.5 - 20;
    expect(Math.abs(red / 4 - (32 + step * along.x - 0.5))).toBeLessThan(0.3);
    expect(Math.abs(green / 4 - (32 + step * along.y - 0.5))).toBeLessThan(0.3);
  }
});

test('is transparent outside of the picture, and nowhere else', async () => {
  const rgba = await cutOf({ centre: { x: 0, y: 32 }, along: right, length: 8, breadth: 4 }, 8, 4);
  const alphas = Array.from({ length: 8 }, (_, x) => at(rgba, 8, x, 1)[3]);
  expect(alphas).toEqual([0, 0, 0, 0, 255, 255, 255, 255]);
});

test('is all transparent where it lies beside the picture', async () => {
  const rgba = await cutOf({ centre: { x: -500, y: 9e5 }, along: right, length: 8, breadth: 4 }, 8, 4);
  expect(rgba).toEqual(new Uint8Array(8 * 4 * 4));
});

test("has the layer's own alpha", async () => {
  const rgba = await cutOf(
    { centre: middle, along: right, length: 8, breadth: 4 },
    8,
    4,
    new Uint8Array(side ** 2).fill(40),
  );
  expect(at(rgba, 8, 4, 2)[3]).toBe(40);
});

test('passes no pixel over where it shrinks', async () => {
  const rgba = await cutOf({ centre: middle, along: right, length: 64, breadth: 64 }, 1, 1);
  const [red = 0, green = 0] = at(rgba, 1, 0, 0);
  expect([Math.abs(red - 126) <= 1, Math.abs(green - 126) <= 1]).toEqual([true, true]);
});

test('mixes into what is seen nothing that is hidden beside it', async () => {
  // Seen up to column 31; further right the picture is redder.
  const alpha = Uint8Array.from({ length: side * side }, (_, i) => (i % side < 32 ? 255 : 0));
  const along = { x: 0.8, y: 0.6 };
  for (const [width, height] of [
    [40, 40],
    [11, 11],
  ] as const) {
    const rgba = await cutOf({ centre: middle, along, length: 40, breadth: 40 }, width, height, alpha);
    const reds = rgba.filter((_, i) => i % 4 === 0 && (rgba[i + 3] as number) > 0);
    expect(reds.length).toBeGreaterThan(20);
    expect(Math.max(...reds)).toBeLessThanOrEqual(31 * 4);
  }
});
