import { expect, test } from 'vitest';
import { fitSize } from '../../app/fit';
import { fc } from '../../test/properties';
import { planPieces, stitch } from './pieces';

const input = { width: 96, height: 96 };
const real = { width: 960, height: 960 };
const plan = (width: number, height: number) =>
  planPieces({ width, height }, real, fitSize('contain', { width, height }, real));

test('looks only once at a picture that the network sees at full size', () => {
  expect(plan(640, 480)).toBeNull();
  expect(plan(960, 960)).toBeNull();
});

test.each([
  ['a tall one', 600, 6000],
  ['a wide one', 6000, 600],
  ['a page of paper', 2480, 3508],
  ['the largest of all', 20_000, 10_000],
])('looks more closely at %s, at a bounded number of pieces that cover it', (_, width, height) => {
  const pieces = plan(width, height);
  if (!pieces) throw new Error('No pieces');
  expect(pieces.pieces.length).toBeLessThanOrEqual(32);
  expect(Math.max(...pieces.pieces.map((piece) => piece.x + piece.width))).toBe(pieces.width);
  expect(Math.max(...pieces.pieces.map((piece) => piece.y + piece.height))).toBe(pieces.height);
});

test('sees a page of paper at 300 dpi at full size', () => expect(plan(2480, 3508)?.width).toBe(2480));

test('stitches the marks of all pieces as if they were one map', () => {
  fc.assert(
    fc.property(fc.integer({ min: 500, max: 4000 }), fc.integer({ min: 500, max: 4000 }), (width, height) => {
      const picture = { width, height };
      const pieces = planPieces(picture, real, fitSize('contain', picture, real));
      if (!pieces) return;
      const at = (x: number, y: number) => (x * 7 + y * 13) % 251;
      const map = stitch(
        pieces,
        pieces.pieces.map((piece) => {
          const values = new Uint8Array(real.width * real.height);
          for (let y = 0; y < piece.height; y++)
            for (let x = 0; x < piece.width; x++) values[y * real.width + x] = at(x + piece.x, y + piece.y);
          return { ...real, values };
        }),
      );
      const wrong = map.values.findIndex((value, i) => value !== at(i % map.width, Math.floor(i / map.width)));
      expect(wrong).toBe(-1);
    }),
    { numRuns: 8 },
  );
});

test('takes each pixel from the piece in which it lies furthest from the border', () => {
  const pieces = { width: 160, height: 96, pieces: [0, 64].map((x) => ({ x, y: 0, ...input })) };
  const map = stitch(
    pieces,
    [1, 2].map((value) => ({ ...input, values: new Uint8Array(96 * 96).fill(value) })),
  );
  expect([...map.values.subarray(0, 160)]).toEqual([...new Array(80).fill(1), ...new Array(80).fill(2)]);
});
