import { expect, test } from 'vitest';
import { fc } from '../../test/properties';
import type { FaceBox } from './faces';
import { facesOf, mergeFaces, planSearch } from './search';

const side = 640;
const whole = (width: number, height: number) => {
  const scale = Math.min(side / width, side / height);
  return { width: Math.round(width * scale), height: Math.round(height * scale) };
};
const plan = (width: number, height: number) => planSearch({ width, height }, whole(width, height), side);

test('cuts no square out of a picture that the network sees at full size or enlarged', () => {
  expect(plan(512, 512)).toEqual({ squares: [], smallest: 13 });
  expect(plan(640, 427)).toEqual({ squares: [], smallest: 16 });
});

test.each([
  [2400, 1600, 16],
  [4000, 3000, 16],
  [8660, 5774, 16],
  [16_320, 12_240, 32],
  [65_535, 3051, 32],
])('looks at %s × %s in at most 400 squares for faces from %s pixels on', (width, height, smallest) => {
  const search = plan(width, height);
  expect(search.squares.length).toBeLessThanOrEqual(400);
  expect(search.smallest).toBe(smallest);
});

test('has every face of 16 to 128 pixels whole in some square, wherever the face is', () => {
  const picture = { width: 3000, height: 2000 };
  const { squares } = plan(picture.width, picture.height);
  fc.assert(
    fc.property(
      fc.integer({ min: 16, max: 1000 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (size, atX, atY) => {
        const face = { x: atX * (picture.width - size), y: atY * (picture.height - size), width: size, height: size };
        // A face that every square cuts off is large enough to be found in the whole picture.
        const isSeen = squares.some((square) => {
          const { x, y, scale } = square;
          const inside = {
            x: (face.x - x) / scale,
            y: (face.y - y) / scale,
            width: size / scale,
            height: size / scale,
          };
          const { seen } = square;
          const meets =
            inside.x >= 0 &&
            inside.y >= 0 &&
            inside.x + inside.width <= seen.width + 1 &&
            inside.y + inside.height <= seen.height + 1;
          return meets && facesOf(square, [{ ...inside, score: 1 }]).length === 1;
        });
        expect(isSeen || size > 400).toBe(true);
      },
    ),
  );
});

const box = (x: number, y: number, width: number, height: number, score: number): FaceBox => ({
  x,
  y,
  width,
  height,
  score,
});

test('brings the faces of a square to where they lie in the picture', () => {
  const [square] = plan(2400, 1600).squares.filter(({ scale, x, y }) => scale === 2 && x > 0 && y > 0);
  if (!square) throw new Error('Expected a square of half the size');
  expect(facesOf(square, [box(100, 50, 20, 30, 0.5)])).toEqual([box(square.x + 200, square.y + 100, 40, 60, 0.5)]);
});

test('leaves a face that a square cuts off to the neighbour, but not at the border of the picture', () => {
  const [square] = plan(2400, 1600).squares;
  if (!square) throw new Error('Expected a square');
  expect(facesOf(square, [box(600, 300, 45, 50, 0.9)])).toEqual([]);
  expect(facesOf(square, [box(-5, -5, 45, 50, 0.9)])).toHaveLength(1);
});

test('keeps the surest of several boxes over one face, even where one lies inside the other', () => {
  const face = box(100, 100, 80, 100, 0.9);
  const others = [box(110, 105, 80, 100, 0.5), box(120, 120, 20, 25, 0.4)];
  expect(mergeFaces([...others, face])).toEqual([face]);
});

test('keeps neighbours that overlap a little', () => {
  const two = [box(0, 0, 40, 50, 0.9), box(30, 0, 40, 50, 0.8)];
  expect(mergeFaces(two)).toEqual(two);
});
