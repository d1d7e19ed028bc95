/** Colours around a subject, and rows that are cut out by them, by the addon. */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type CutRows, devPixelsFile, type Field, loadPixels, type SmallCopy } from '../../native/pixels';
import { fc } from '../properties';

const pixels = loadPixels(join(import.meta.dirname, '..', '..', devPixelsFile));

const anyCopy = fc
  .record({ width: fc.integer({ min: 1, max: 12 }), height: fc.integer({ min: 1, max: 12 }) })
  .chain(({ width, height }) =>
    fc.record({
      width: fc.constant(width),
      height: fc.constant(height),
      rgba: fc.uint8Array({ minLength: width * height * 4, maxLength: width * height * 4 }),
      matte: fc.uint8Array({ minLength: width * height, maxLength: width * height }),
    }),
  );

/** Averages four values a pixel over a box; beyond the border there is nothing. */
function averaged(values: number[], width: number, height: number, radius: number): number[] {
  const out = values.map(() => 0);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (let c = 0; c < 4; c++) {
        let sum = 0;
        for (let row = Math.max(0, y - radius); row <= Math.min(height - 1, y + radius); row++)
          for (let column = Math.max(0, x - radius); column <= Math.min(width - 1, x + radius); column++)
            sum += values[(row * width + column) * 4 + c] as number;
        out[(y * width + x) * 4 + c] = sum / (2 * radius + 1) ** 2;
      }
  return out;
}

/** The reference, in plain loops; null where a rounding decides whether there is a colour around. */
function coloursAround({ width, height, rgba, matte }: SmallCopy, of: 'subject' | 'behind', radius: number) {
  const share = (i: number): number => Math.abs((of === 'subject' ? 0 : 1) - (matte[i] as number) / 255);
  let values = [...rgba].map((value, i) => {
    const counts = (share(i >> 2) ** 6 * (rgba[i | 3] as number)) / 255;
    return i % 4 === 3 ? counts : value * counts;
  });
  for (let pass = 0; pass < 3; pass++) values = averaged(values, width, height, radius);
  return Array.from({ length: width * height * 3 }, (_, i) => {
    const pixel = Math.floor(i / 3);
    const counts = values[pixel * 4 + 3] as number;
    if (Math.abs(counts - 1e-5) < 1e-8) return null;
    if (counts > 1e-5) return (values[pixel * 4 + (i % 3)] as number) / counts;
    return share(pixel) > 0 ? (rgba[pixel * 4 + (i % 3)] as number) : 0;
  });
}

async function around(copy: SmallCopy, of: 'subject' | 'behind', radius: number): Promise<Float32Array> {
  const out = new Float32Array(copy.width * copy.height * 3);
  await pixels.surroundings(copy, of, radius, out);
  return out;
}

test.each(['subject', 'behind'] as const)('averages the colours of the %s over three boxes', async (of) => {
  await fc.assert(
    fc.asyncProperty(anyCopy, fc.integer({ min: 0, max: 20 }), async (copy, radius) => {
      const found = await around(copy, of, radius);
      for (const [i, wanted] of coloursAround(copy, of, radius).entries())
        if (wanted !== null && !(Math.abs((found[i] as number) - wanted) < 0.01))
          throw new Error(`${found[i]} instead of ${wanted} at ${i}`);
    }),
    { numRuns: 100 },
  );
});

test('lays a mask over a picture, between its values in proportion, alike in whole and in parts', async () => {
  await fc.assert(
    fc.asyncProperty(anyCopy, fc.nat(50), fc.nat(50), async ({ width, height, matte: bytes }, moreX, moreY) => {
      const mask = { width, height, bytes };
      const picture = { width: width + moreX, height: height + moreY };
      const laid = async (y: number, rows: number) => {
        const out = new Uint8Array(picture.width * rows);
        const region = { x: 0, y, width: picture.width, height: rows };
        await pixels.layMask(mask, picture, region, picture.width, rows, out);
        return out;
      };
      const value = (x: number, y: number): number => {
        const [left, top] = [Math.floor(x), Math.floor(y)];
        const of = (column: number, row: number) =>
          bytes[Math.min(row, height - 1) * width + Math.min(column, width - 1)] as number;
        const above = of(left, top) * (1 - x + left) + of(left + 1, top) * (x - left);
        const below = of(left, top + 1) * (1 - x + left) + of(left + 1, top + 1) * (x - left);
        return above * (1 - y + top) + below * (y - top);
      };
      const place = (i: number, from: number, to: number): number =>
        Math.min(Math.max(((i + 0.5) * to) / from - 0.5, 0), to - 1);
      const whole = await laid(0, picture.height);
      for (const [i, found] of whole.entries()) {
        const [x, y] = [i % picture.width, Math.floor(i / picture.width)];
        const wanted = value(place(x, picture.width, width), place(y, picture.height, height));
        if (!(Math.abs(found - wanted) <= 0.5 + 1e-6)) throw new Error(`${found} instead of ${wanted} at ${x}, ${y}`);
      }
      const first = Math.ceil(picture.height / 3);
      const parts = [
        await laid(0, first),
        ...(first < picture.height ? [await laid(first, picture.height - first)] : []),
      ];
      expect(Buffer.compare(Buffer.concat(parts), whole)).toBe(0);
    }),
    { numRuns: 100 },
  );
});

const flat = (...colour: number[]): Field => ({ width: 1, height: 1, colours: Float32Array.from(colour) });
const [width, height] = [1000, 800];
const noise = (length: number, seed: number): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => ((i + seed) * 2654435761) >>> 24);
const field = (seed: number): Field => ({
  width: 32,
  height: 20,
  colours: Float32Array.from(noise(32 * 20 * 3, seed)),
});

/** Rows of a picture of several threads' work. */
async function cut(y: number, rows: number, ground: Field | null): Promise<Pick<CutRows, 'rgb' | 'alpha'>> {
  const at = (channels: number, seed: number): Uint8Array =>
    noise(width * height * channels, seed).slice(y * width * channels, (y + rows) * width * channels);
  const [rgb, alpha, own] = [at(3, 1), at(1, 2), at(1, 3)];
  const region = { x: 0, y, width, height: rows };
  const by = { subject: field(4), behind: field(5), ground };
  await pixels.cutOut({ picture: { width, height }, region, rgb, alpha, own, ...by });
  return { rgb, alpha };
}

test('rows are cut out alike in one call and in several', async () => {
  const whole = await cut(0, height, field(6));
  const parts = [await cut(0, 301, field(6)), await cut(301, 1, field(6)), await cut(302, height - 302, field(6))];
  expect(Buffer.compare(Buffer.concat(parts.map(({ rgb }) => rgb)), whole.rgb)).toBe(0);
  expect(Buffer.compare(Buffer.concat(parts.map(({ alpha }) => alpha)), whole.alpha)).toBe(0);
});

test('of a pixel the colour behind is taken out by its share, and a ground is mixed in by what is left', async () => {
  // A fifth of it is behind.
  const [rgb, alpha] = [Uint8Array.of(170, 170, 170), Uint8Array.of(204)];
  const rows: CutRows = {
    picture: { width: 1, height: 1 },
    region: { x: 0, y: 0, width: 1, height: 1 },
    ...{ rgb, alpha, own: Uint8Array.of(128) },
    ...{ subject: flat(200, 180, 200), behind: flat(50, 50, 0), ground: flat(0, 0, 255) },
  };
  await pixels.cutOut(rows);
  const own = Math.round((204 * 128) / 255);
  // The estimate: near + share × (pixel − share × near − (1 − share) × behind).
  const clean = [200 + 0.8 * 0, 180 + 0.8 * (170 - 154), 200 + 0.8 * (170 - 160)].map((value) => Math.round(value));
  const laid = clean.map((value, c) => Math.round((value * own + (c === 2 ? 255 : 0) * (255 - own)) / 255));
  expect([...alpha]).toEqual([own]);
  expect([...rgb]).toEqual(laid);
});

describe('refused', () => {
  const copy: SmallCopy = { width: 2, height: 1, rgba: new Uint8Array(8), matte: new Uint8Array(2) };
  const mask = { width: 1, height: 1, bytes: Uint8Array.of(9) };
  const out = new Float32Array(6);
  const rows: CutRows = {
    picture: { width: 2, height: 2 },
    region: { x: 0, y: 1, width: 2, height: 1 },
    rgb: new Uint8Array(6),
    alpha: new Uint8Array(2),
    own: null,
    ...{ subject: flat(1, 2, 3), behind: flat(1, 2, 3), ground: null },
  };

  test.each<[string, unknown[]]>([
    ['no mask', [null, rows.picture, rows.region, 2, 1, new Uint8Array(2)]],
    ['a mask of too few bytes', [{ ...mask, width: 2 }, rows.picture, rows.region, 2, 1, new Uint8Array(2)]],
    ['a part past the picture', [mask, rows.picture, { ...rows.region, y: 2 }, 2, 1, new Uint8Array(2)]],
    ['room of another size', [mask, rows.picture, rows.region, 2, 1, new Uint8Array(3)]],
  ])('to lay %s', async (_, given) => {
    await expect(pixels.layMask(...(given as Parameters<typeof pixels.layMask>))).rejects.toMatchObject({
      code: 'BAD_ARGUMENT',
      message: expect.stringMatching(/^Expected .* for .* but received/),
    });
  });

  test.each<[string, unknown[]]>([
    ['no copy', [null, 'subject', 4, out]],
    ['a copy with too few colours', [{ ...copy, rgba: new Uint8Array(7) }, 'subject', 4, out]],
    ['a copy with too large a matte', [{ ...copy, matte: new Uint8Array(3) }, 'subject', 4, out]],
    ['a copy of no height', [{ ...copy, height: 0 }, 'subject', 4, out]],
    ['colours of something else', [copy, 'both', 4, out]],
    ['half a pixel', [copy, 'subject', 4.5, out]],
    ['a negative radius', [copy, 'subject', -1, out]],
    ['room for too few colours', [copy, 'subject', 4, new Float32Array(5)]],
    ['room of another type', [copy, 'subject', 4, new Float64Array(6)]],
  ])('%s', async (_, given) => {
    await expect(pixels.surroundings(...(given as Parameters<typeof pixels.surroundings>))).rejects.toMatchObject({
      code: 'BAD_ARGUMENT',
      message: expect.stringMatching(/^Expected .* for .* but received/),
    });
  });

  test.each<[string, Partial<Record<keyof CutRows, unknown>>]>([
    ['rows past the last one', { region: { x: 0, y: 2, width: 2, height: 1 } }],
    ['a picture of no width', { picture: { width: 0, height: 2 } }],
    ['too few colours', { rgb: new Uint8Array(5) }],
    ['too much alpha', { alpha: new Uint8Array(3) }],
    ['own alpha of another size', { own: new Uint8Array(1) }],
    ['no field', { subject: undefined }],
    ['a field of other numbers', { behind: { ...flat(1, 2, 3), colours: new Uint8Array(3) } }],
    ['a field of another size', { ground: { ...flat(1, 2, 3), width: 2 } }],
  ])('rows with %s', async (_, wrong) => {
    await expect(pixels.cutOut({ ...rows, ...wrong } as CutRows)).rejects.toMatchObject({
      code: 'BAD_ARGUMENT',
      message: expect.stringMatching(/^Expected .* for .* but received/),
    });
  });
});
