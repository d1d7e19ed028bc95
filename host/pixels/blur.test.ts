import { expect, test } from 'vitest';
import type { Box } from '../../app/toolAnswer';
import { fc } from '../../test/properties';
import { blurBox, neededFor, type Pixels } from './blur';

const copy = (pixels: Pixels): Pixels => ({ ...pixels, data: Uint8Array.from(pixels.data) });

function blurred(pixels: Pixels, box: Box): Pixels {
  const result = copy(pixels);
  blurBox(result, box, 'medium');
  return result;
}

/** All the detail that there can be: noise of black and white. */
function noise(width: number, height: number, seed: number, alpha: (x: number, y: number) => number): Pixels {
  const data = new Uint8Array(width * height * 4);
  let state = seed | 1;
  for (let i = 0; i < width * height; i++) {
    for (let channel = 0; channel < 3; channel++) {
      state = Math.imul(state, 1664525) + 1013904223;
      data[i * 4 + channel] = state < 0 ? 255 : 0;
    }
    data[i * 4 + 3] = alpha(i % width, Math.floor(i / width));
  }
  return { width, height, channels: 4, data };
}

const size = { min: 20, max: 70 };
/** Anywhere, beyond the border too, from one that is all over the picture to one of a few pixels. */
const boxes: fc.Arbitrary<Box> = fc.record({
  x: fc.double({ min: -90, max: 90, noNaN: true }),
  y: fc.double({ min: -90, max: 90, noNaN: true }),
  width: fc.double({ min: 1, max: 180, noNaN: true }),
  height: fc.double({ min: 1, max: 180, noNaN: true }),
});
/** An alpha, and another within a rectangle of the picture. */
const alphas = fc
  .record({
    around: fc.nat(255),
    inside: fc.nat(255),
    left: fc.nat(90),
    top: fc.nat(90),
    right: fc.nat(90),
    bottom: fc.nat(90),
  })
  .map(
    ({ around, inside, left, top, right, bottom }) =>
      (x: number, y: number) =>
        x >= left && x < right && y >= top && y < bottom ? inside : around,
  );
const pictures = fc
  .tuple(fc.integer(size), fc.integer(size), fc.nat(), alphas)
  .map(([width, height, seed, alpha]) => noise(width, height, seed, alpha));

const within = (x: number, y: number, box: Box): boolean =>
  x + 1 > box.x && x < box.x + box.width && y + 1 > box.y && y < box.y + box.height;

/** The largest step of a colour between neighbours that are seen, both within the box. */
function finestDetail({ width, height, data }: Pixels, box: Box): number {
  let largest = 0;
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (const [nextX, nextY] of [
        [x + 1, y],
        [x, y + 1],
      ] as const) {
        if (nextX >= width || nextY >= height || !within(x, y, box) || !within(nextX, nextY, box)) continue;
        const [one, other] = [(y * width + x) * 4, (nextY * width + nextX) * 4];
        if (data[one + 3] === 0 || data[other + 3] === 0) continue;
        for (let channel = 0; channel < 3; channel++)
          largest = Math.max(largest, Math.abs((data[one + channel] as number) - (data[other + channel] as number)));
      }
  return largest;
}

/** A mean over two deviations or more takes a step of 255 only so far in one pixel; both ends are rounded. */
const stepOfBlur = ({ width, height }: Box): number => 255 / ((2 * Math.max(width, height)) / 5) + 1;

test('leaves no finer detail at a border, under any alpha, than in mid-picture', () => {
  fc.assert(
    fc.property(
      fc.tuple(fc.integer(size), fc.integer(size), fc.nat(), fc.integer({ min: 1, max: 255 })),
      boxes,
      ([width, height, seed, alpha], box) => {
        const picture = noise(width, height, seed, () => alpha);
        expect(finestDetail(blurred(picture, box), box)).toBeLessThanOrEqual(stepOfBlur(box));
      },
    ),
  );
});

test('leaves hardly finer detail where one alpha meets another', () => {
  // The colours on either side weigh differently, so that one side's takes over faster.
  fc.assert(
    fc.property(pictures, boxes, (picture, box) => {
      expect(finestDetail(blurred(picture, box), box)).toBeLessThanOrEqual(4 * stepOfBlur(box));
    }),
  );
});

test('changes neither alpha nor what lies outside of the box', () => {
  fc.assert(
    fc.property(pictures, boxes, (picture, box) => {
      const result = blurred(picture, box);
      const mayChange = (i: number) =>
        i % 4 !== 3 && within((i >> 2) % picture.width, Math.floor((i >> 2) / picture.width), box);
      expect(result.data.filter((value, i) => value !== picture.data[i] && !mayChange(i))).toHaveLength(0);
    }),
  );
});

test('takes no colour from what nobody sees', () => {
  fc.assert(
    fc.property(pictures, boxes, fc.nat(255), (picture, box, hidden) => {
      const other = copy(picture);
      for (let i = 0; i < other.data.length; i += 4) if (other.data[i + 3] === 0) other.data.fill(hidden, i, i + 3);
      const [one, two] = [blurred(picture, box), blurred(other, box)];
      const isIn = (i: number) => within((i >> 2) % picture.width, Math.floor((i >> 2) / picture.width), box);
      const isSeen = (i: number) => one.data[i | 3] !== 0 || isIn(i);
      expect(one.data.filter((value, i) => value !== two.data[i] && isSeen(i))).toHaveLength(0);
    }),
  );
});

test('makes the same of the piece that it needs as of the whole picture', () => {
  fc.assert(
    fc.property(pictures, boxes, (picture, box) => {
      const whole = blurred(picture, box);
      const area = neededFor(box, 'medium', picture);
      if (!area) {
        expect(whole.data).toEqual(picture.data);
        return;
      }
      const row = (of: Pixels, y: number) => of.data.subarray((y * of.width + area.x) * 4).subarray(0, area.width * 4);
      const data = new Uint8Array(area.width * area.height * 4);
      for (let y = 0; y < area.height; y++) data.set(row(picture, area.y + y), y * area.width * 4);
      const piece: Pixels = { width: area.width, height: area.height, channels: 4, data };
      blurBox(piece, { ...box, x: box.x - area.x, y: box.y - area.y }, 'medium');
      const expected = new Uint8Array(data.length);
      for (let y = 0; y < area.height; y++) expected.set(row(whole, area.y + y), y * area.width * 4);
      expect(Buffer.compare(data, expected)).toBe(0);
    }),
  );
});

test('makes the same of a picture without alpha as of an opaque one', () => {
  const opaque = noise(40, 30, 7, () => 255);
  const rgb: Pixels = { ...opaque, channels: 3, data: opaque.data.filter((_, i) => i % 4 !== 3) };
  const box = { x: -9, y: 5, width: 24, height: 30 };
  const result = blurred(opaque, box);
  expect(result.data).not.toEqual(opaque.data);
  expect(blurred(rgb, box).data).toEqual(result.data.filter((_, i) => i % 4 !== 3));
});

test.each([
  { x: Number.NaN, y: 1, width: 2, height: 2 },
  { x: 1, y: 1, width: Number.POSITIVE_INFINITY, height: 2 },
  { x: 1, y: 1, width: 0, height: 2 },
])('refuses $x, $y, $width, $height: a face that is not blurred must not go unnoticed', (box) => {
  expect(() =>
    blurBox(
      noise(9, 9, 1, () => 255),
      box,
      'medium',
    ),
  ).toThrow(RangeError);
});
