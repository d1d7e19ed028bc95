import { describe, expect, test } from 'vitest';
import { type Box, hideStrengths, hideStyles, type ToolAnswer } from '../../app/toolAnswer';
import { closePictures, fileOf, pixels, pixelsOf } from '../../main/pictures/picture.fixture';
import { fc } from '../../test/properties';
import { apply } from './apply';
import { blurBox } from './blur';
import { Maps } from './layers';

closePictures();

const [width, height] = [60, 40];
const rgb = Uint8Array.from({ length: width * height * 3 }, (_, i) => ((i * 2654435761) >>> 24) ^ (i >> 3));
const alpha = Uint8Array.from({ length: width * height }, (_, i) => (i * 7) % 256);

/** What the answer makes of the picture. */
async function applied(answer: ToolAnswer, own?: Uint8Array) {
  const picture = (await fileOf(width, height, rgb)).facts;
  const source = { picture, ...(own && { alpha: (await fileOf(width, height, own)).facts }) };
  const made = { picture: (await fileOf(width, height, 3)).facts, alpha: (await fileOf(width, height, 1)).facts };
  await apply(new Maps(pixels), { source, made, answer });
  expect(await pixelsOf(picture)).toEqual(rgb);
  return { picture: await pixelsOf(made.picture), alpha: await pixelsOf(made.alpha) };
}

test("lays a mask of the picture's size over it as it is", async () => {
  expect((await applied({ kind: 'alpha', width, height, bytes: alpha })).alpha).toEqual(alpha);
});

test("multiplies a mask with the picture's own alpha", async () => {
  const own = Uint8Array.from({ length: width * height }, (_, i) => 255 - (i % 256));
  const made = await applied({ kind: 'alpha', width, height, bytes: alpha }, own);
  expect(made.alpha).toEqual(alpha.map((value, i) => Math.round((value * (own[i] ?? 0)) / 255)));
});

test('enlarges a small mask without a step, its edges on the edges of the picture', async () => {
  const made = await applied({ kind: 'alpha', width: 2, height: 1, bytes: Uint8Array.of(0, 255) });
  const row = [...made.alpha.subarray(0, width)];
  expect([row[0], row.at(-1)]).toEqual([0, 255]);
  for (let x = 1; x < width; x++) {
    const step = (row[x] ?? 0) - (row[x - 1] ?? 0);
    expect(step >= 0 && step <= Math.ceil(255 / 30)).toBe(true);
  }
  expect(made.alpha.subarray(width * 20, width * 21)).toEqual(Uint8Array.from(row));
});

const alphas: [string, Uint8Array | undefined][] = [
  ['opaque', undefined],
  ['transparent', alpha],
];

/** The picture, without what nobody sees. */
const seen = (own: Uint8Array | undefined): Uint8Array =>
  rgb.map((value, i) => (own?.[Math.floor(i / 3)] === 0 ? 0 : value));

test.each(alphas)('blurs of an %s picture what blurBox blurs of the whole', async (_, own) => {
  // Two that overlap, one past the border, one outside.
  const boxes = [
    { x: 11, y: 3, width: 18, height: 24 },
    { x: 18, y: 12, width: 20, height: 12 },
    { x: 50, y: 30, width: 16, height: 16 },
    { x: 500, y: 500, width: 10, height: 10 },
  ];
  const data = new Uint8Array(width * height * 4);
  for (let i = 0; i < width * height; i++) {
    data.set(seen(own).subarray(i * 3, i * 3 + 3), i * 4);
    data[i * 4 + 3] = own?.[i] ?? 255;
  }
  for (const box of boxes) blurBox({ width, height, channels: 4, data }, box, 'strong');
  const expected = data.filter((_, i) => i % 4 !== 3);
  expect(expected).not.toEqual(rgb);
  expect((await applied({ kind: 'hide', boxes, style: 'blur', strength: 'strong' }, own)).picture).toEqual(expected);
});

/** Any box: inside, past a border, outside, all over the picture, smaller than a pixel. */
const anyBox = fc.record({
  x: fc.double({ min: -50, max: 70, noNaN: true }),
  y: fc.double({ min: -50, max: 50, noNaN: true }),
  width: fc.double({ min: 0.1, max: 150, noNaN: true }),
  height: fc.double({ min: 0.1, max: 150, noNaN: true }),
});
const touches = (box: Box, pixel: number): boolean => {
  const [x, y] = [pixel % width, Math.floor(pixel / width)];
  return x + 1 > box.x && x < box.x + box.width && y + 1 > box.y && y < box.y + box.height;
};
const colourAt = (of: Uint8Array, pixel: number): string => of.subarray(pixel * 3, pixel * 3 + 3).join(' ');
const anyStrength = fc.constantFrom(...hideStrengths);

describe.each(alphas)('of an %s picture', (_, own) => {
  test('leaves in any box no more colours than cells, each of one of eight levels', async () => {
    const most = { light: 36, medium: 16, strong: 9 };
    await fc.assert(
      fc.asyncProperty(anyBox, anyStrength, async (box, strength) => {
        const { picture } = await applied({ kind: 'hide', boxes: [box], style: 'pixelate', strength }, own);
        const colours = new Set<string>();
        for (let pixel = 0; pixel < width * height; pixel++)
          if (touches(box, pixel)) colours.add(colourAt(picture, pixel));
        expect(colours.size).toBeLessThanOrEqual(most[strength]);
        // 0 is the colour of what nobody sees.
        for (const colour of colours)
          expect(colour.split(' ').every((value) => Number(value) % 32 === 16 || colour === '0 0 0')).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  test('leaves one colour in a box that is covered', async () => {
    await fc.assert(
      fc.asyncProperty(anyBox, anyStrength, async (box, strength) => {
        const { picture } = await applied({ kind: 'hide', boxes: [box], style: 'solid', strength }, own);
        for (let pixel = 0; pixel < width * height; pixel++)
          if (touches(box, pixel)) expect(colourAt(picture, pixel)).toBe('0 0 0');
      }),
      { numRuns: 60 },
    );
  });

  test.each(hideStyles)(
    'changes nothing that is seen outside of its boxes, and leaves nothing unseen: %s',
    async (style) => {
      const shown = seen(own);
      await fc.assert(
        fc.asyncProperty(fc.array(anyBox, { minLength: 1, maxLength: 3 }), anyStrength, async (boxes, strength) => {
          const { picture } = await applied({ kind: 'hide', boxes, style, strength }, own);
          for (let pixel = 0; pixel < width * height; pixel++)
            if (!boxes.some((box) => touches(box, pixel)))
              expect(colourAt(picture, pixel)).toBe(colourAt(shown, pixel));
        }),
        { numRuns: 30 },
      );
    },
  );
});

test('puts another picture in the place, enlarged', async () => {
  const bytes = Uint8Array.of(10, 20, 30);
  const made = await applied({ kind: 'picture', width: 1, height: 1, bytes });
  expect(made.picture).toEqual(rgb.map((_, i) => bytes[i % 3] ?? 0));
});

test.each<ToolAnswer>([{ kind: 'same' }, { kind: 'text', regions: [] }])('does nothing for $kind', async (answer) => {
  const made = await applied(answer);
  expect([made.picture, made.alpha].every((bytes) => bytes.every((byte) => byte === 0))).toBe(true);
});
