import fc from 'fast-check';
import { expect, test } from 'vitest';
import { blurEllipse, type Ellipse, neededFor, type Pixels } from './blur';

const copy = (pixels: Pixels): Pixels => ({ ...pixels, data: Uint8Array.from(pixels.data) });

function blurred(pixels: Pixels, ellipse: Ellipse): Pixels {
  const result = copy(pixels);
  blurEllipse(result, ellipse);
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
const ellipses: fc.Arbitrary<Ellipse> = fc.record({
  x: fc.double({ min: -40, max: 130, noNaN: true }),
  y: fc.double({ min: -40, max: 130, noNaN: true }),
  radiusX: fc.double({ min: 0.5, max: 90, noNaN: true }),
  radiusY: fc.double({ min: 0.5, max: 90, noNaN: true }),
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

const within = (x: number, y: number, ellipse: Ellipse): boolean =>
  Math.hypot((x + 0.5 - ellipse.x) / ellipse.radiusX, (y + 0.5 - ellipse.y) / ellipse.radiusY) <= 1;

/** The largest step of a colour between neighbours that are seen, both within the ellipse. */
function finestDetail({ width, height, data }: Pixels, ellipse: Ellipse): number {
  let largest = 0;
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (const [nextX, nextY] of [
        [x + 1, y],
        [x, y + 1],
      ] as const) {
        if (nextX >= width || nextY >= height || !within(x, y, ellipse) || !within(nextX, nextY, ellipse)) continue;
        const [one, other] = [(y * width + x) * 4, (nextY * width + nextX) * 4];
        if (data[one + 3] === 0 || data[other + 3] === 0) continue;
        for (let channel = 0; channel < 3; channel++)
          largest = Math.max(largest, Math.abs((data[one + channel] as number) - (data[other + channel] as number)));
      }
  return largest;
}

/** A box as wide as three fifths of the ellipse or more takes a step of 255 only so far in one pixel; both ends are rounded. */
const stepOfBlur = ({ radiusX, radiusY }: Ellipse): number => 255 / ((4 * Math.max(radiusX, radiusY)) / 5) + 1;

test('leaves no finer detail at a border, under any alpha, than in mid-picture', () => {
  fc.assert(
    fc.property(
      fc.tuple(fc.integer(size), fc.integer(size), fc.nat(), fc.integer({ min: 1, max: 255 })),
      ellipses,
      ([width, height, seed, alpha], ellipse) => {
        const picture = noise(width, height, seed, () => alpha);
        expect(finestDetail(blurred(picture, ellipse), ellipse)).toBeLessThanOrEqual(stepOfBlur(ellipse));
      },
    ),
  );
});

test('leaves hardly finer detail where one alpha meets another', () => {
  // The colours on either side weigh differently, so that one side's takes over faster.
  fc.assert(
    fc.property(pictures, ellipses, (picture, ellipse) => {
      expect(finestDetail(blurred(picture, ellipse), ellipse)).toBeLessThanOrEqual(4 * stepOfBlur(ellipse));
    }),
  );
});

test('changes neither alpha nor what lies outside of the ellipse', () => {
  fc.assert(
    fc.property(pictures, ellipses, (picture, ellipse) => {
      const result = blurred(picture, ellipse);
      const mayChange = (i: number) =>
        i % 4 !== 3 && within((i >> 2) % picture.width, Math.floor((i >> 2) / picture.width), ellipse);
      expect(result.data.filter((value, i) => value !== picture.data[i] && !mayChange(i))).toHaveLength(0);
    }),
  );
});

test('takes no colour from what nobody sees', () => {
  fc.assert(
    fc.property(pictures, ellipses, fc.nat(255), (picture, ellipse, hidden) => {
      const other = copy(picture);
      for (let i = 0; i < other.data.length; i += 4) if (other.data[i + 3] === 0) other.data.fill(hidden, i, i + 3);
      const [one, two] = [blurred(picture, ellipse), blurred(other, ellipse)];
      const isIn = (i: number) => within((i >> 2) % picture.width, Math.floor((i >> 2) / picture.width), ellipse);
      const isSeen = (i: number) => one.data[i | 3] !== 0 || isIn(i);
      expect(one.data.filter((value, i) => value !== two.data[i] && isSeen(i))).toHaveLength(0);
    }),
  );
});

test('makes the same of the piece that it needs as of the whole picture', () => {
  fc.assert(
    fc.property(pictures, ellipses, (picture, ellipse) => {
      const whole = blurred(picture, ellipse);
      const area = neededFor(ellipse, picture);
      if (!area) {
        expect(whole.data).toEqual(picture.data);
        return;
      }
      const row = (of: Pixels, y: number) => of.data.subarray((y * of.width + area.x) * 4).subarray(0, area.width * 4);
      const data = new Uint8Array(area.width * area.height * 4);
      for (let y = 0; y < area.height; y++) data.set(row(picture, area.y + y), y * area.width * 4);
      const piece: Pixels = { width: area.width, height: area.height, channels: 4, data };
      blurEllipse(piece, { ...ellipse, x: ellipse.x - area.x, y: ellipse.y - area.y });
      const expected = new Uint8Array(data.length);
      for (let y = 0; y < area.height; y++) expected.set(row(whole, area.y + y), y * area.width * 4);
      expect(Buffer.compare(data, expected)).toBe(0);
    }),
  );
});

test('makes the same of a picture without alpha as of an opaque one', () => {
  const opaque = noise(40, 30, 7, () => 255);
  const rgb: Pixels = { ...opaque, channels: 3, data: opaque.data.filter((_, i) => i % 4 !== 3) };
  const ellipse = { x: 3, y: 20, radiusX: 12, radiusY: 15 };
  const result = blurred(opaque, ellipse);
  expect(result.data).not.toEqual(opaque.data);
  expect(blurred(rgb, ellipse).data).toEqual(result.data.filter((_, i) => i % 4 !== 3));
});

test.each([
  { x: Number.NaN, y: 1, radiusX: 2, radiusY: 2 },
  { x: 1, y: 1, radiusX: Number.POSITIVE_INFINITY, radiusY: 2 },
  { x: 1, y: 1, radiusX: 0, radiusY: 2 },
])('refuses $x, $y, $radiusX, $radiusY: a face that is not blurred must not go unnoticed', (ellipse) => {
  expect(() =>
    blurEllipse(
      noise(9, 9, 1, () => 255),
      ellipse,
    ),
  ).toThrow(RangeError);
});
