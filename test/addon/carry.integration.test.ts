/** Colours carried under a picture's transparency, by the addon. */
import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { devPixelsFile, loadPixels, type MappedPicture } from '../../native/pixels';
import { fc } from '../properties';

const pixels = loadPixels(join(import.meta.dirname, '..', '..', devPixelsFile));
const folder = mkdtempSync(join(tmpdir(), 'refit-carry-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let made = 0;

function empty(width: number, height: number, channels: 1 | 3): MappedPicture {
  const file = join(folder, String(made++));
  const handle = openSync(file, 'w');
  ftruncateSync(handle, 64 + width * height * channels);
  closeSync(handle);
  return pixels.openPicture({ file, width, height, channels }, 'write');
}

async function filled(width: number, height: number, channels: 1 | 3, bytes: Uint8Array): Promise<MappedPicture> {
  const picture = empty(width, height, channels);
  await picture.write({ x: 0, y: 0, width, height }, bytes);
  return picture;
}

async function carried(width: number, height: number, rgb: Uint8Array, alpha: Uint8Array): Promise<Uint8Array> {
  const [picture, opacity] = [await filled(width, height, 3, rgb), await filled(width, height, 1, alpha)];
  const to = empty(width, height, 3);
  await pixels.carryColours(picture, opacity, to);
  const out = new Uint8Array(rgb.length);
  await to.read({ x: 0, y: 0, width, height }, out);
  for (const one of [picture, opacity, to]) one.close();
  return out;
}

/** A colour as a decoder leaves it: times alpha, rounded to a byte, and divided again; black under alpha 0. */
const decoded = (colour: number, alpha: number): number =>
  alpha === 0 ? 0 : Math.min(255, Math.round((Math.round((colour * alpha) / 255) * 255) / alpha));

/** Often all or nothing, as masks are; within one of the addon's tiles. */
const mask = fc
  .record({ width: fc.integer({ min: 1, max: 40 }), height: fc.integer({ min: 1, max: 40 }) })
  .chain(({ width, height }) =>
    fc.record({
      width: fc.constant(width),
      height: fc.constant(height),
      alpha: fc.uint8Array({ minLength: width * height, maxLength: width * height }),
      hard: fc.boolean(),
    }),
  )
  .map(({ hard, alpha, ...size }) => ({
    ...size,
    alpha: hard ? alpha.map((value) => (value < 128 ? 0 : 255)) : alpha,
  }));
const channel = fc.integer({ min: 0, max: 255 });

test('one colour under any mask becomes that colour everywhere', async () => {
  await fc.assert(
    fc.asyncProperty(mask, fc.tuple(channel, channel, channel), async ({ width, height, alpha }, colour) => {
      // At least one pixel must show the colour.
      alpha[0] = 255;
      const rgb = Uint8Array.from({ length: alpha.length * 3 }, (_, i) =>
        decoded(colour[i % 3] as number, alpha[Math.floor(i / 3)] as number),
      );
      const out = await carried(width, height, rgb, alpha);
      // The fainter a pixel, the more of its colour was rounded away, and the further off it may be.
      for (let i = 0; i < out.length; i++) {
        const known = alpha[Math.floor(i / 3)] as number;
        const difference = Math.abs((out[i] as number) - (colour[i % 3] as number));
        expect((difference * Math.max(known, 64)) / 255).toBeLessThanOrEqual(1.5);
      }
    }),
    { numRuns: 60 },
  );
});

test('a picture looks as it did, and what is opaque stays bit by bit', async () => {
  await fc.assert(
    fc.asyncProperty(mask, fc.infiniteStream(channel), async ({ width, height, alpha }, colours) => {
      const rgb = Uint8Array.from({ length: alpha.length * 3 }, () => colours.next().value as number);
      const out = await carried(width, height, rgb, alpha);
      for (let i = 0; i < out.length; i++) {
        const known = alpha[Math.floor(i / 3)] as number;
        const change = Math.abs((out[i] as number) - (rgb[i] as number));
        expect((change * known) / 255).toBeLessThanOrEqual(0.5);
        if (known >= 128) expect(change).toBe(0);
      }
    }),
    { numRuns: 60 },
  );
});

test('nothing is left of hidden colours', async () => {
  const [width, height] = [70, 50];
  const alpha = Uint8Array.from({ length: width * height }, (_, i) => (i % width < 40 ? 0 : i % 7 === 0 ? 3 : 255));
  const with_ = (hidden: number): Uint8Array =>
    Uint8Array.from({ length: width * height * 3 }, (_, i) =>
      alpha[Math.floor(i / 3)] === 0 ? (hidden * i) & 255 : (i * 31) & 255,
    );
  expect(await carried(width, height, with_(7), alpha)).toEqual(await carried(width, height, with_(0), alpha));
});

test('a picture that is all transparent is black', async () => {
  expect(await carried(3, 2, new Uint8Array(18).fill(99), new Uint8Array(6))).toEqual(new Uint8Array(18));
});

test('colours come from the nearest visible pixels', async () => {
  const width = 600;
  // Red on the left, blue on the right, 520 pixels of nothing between them: across the border of two tiles.
  const alpha = Uint8Array.from({ length: width * 20 }, (_, i) => (i % width < 40 || i % width >= 560 ? 255 : 0));
  const rgb = Uint8Array.from({ length: width * 60 }, (_, i) => {
    const x = Math.floor(i / 3) % width;
    return (x < 40 && i % 3 === 0) || (x >= 560 && i % 3 === 2) ? 250 : 0;
  });
  const out = await carried(width, 20, rgb, alpha);
  const at = (x: number): number[] => [...out.subarray((10 * width + x) * 3, (10 * width + x) * 3 + 3)];
  expect(at(40)[0]).toBeGreaterThan(244);
  expect(at(40)[2]).toBeLessThan(6);
  expect(at(559)[2]).toBeGreaterThan(244);
  expect(at(559)[0]).toBeLessThan(6);
  // And no step anywhere between them, at the tiles' border least of all.
  for (let x = 41; x < 560; x++) expect(Math.abs((at(x)[0] as number) - (at(x - 1)[0] as number))).toBeLessThan(12);
});

/** The same pyramid, by whole levels instead of tiles. */
function reference(width: number, height: number, rgb: Uint8Array, alpha: Uint8Array): Uint8Array {
  interface Level {
    width: number;
    height: number;
    /** Four numbers for each cell: the colour, and how much of it is known. */
    cells: Float64Array;
  }
  const halved = (fine: Level): Level => {
    const half = { width: Math.ceil(fine.width / 2), height: Math.ceil(fine.height / 2) };
    const cells = new Float64Array(half.width * half.height * 4);
    for (let y = 0; y < fine.height; y++)
      for (let x = 0; x < fine.width; x++) {
        const from = (y * fine.width + x) * 4;
        const to = ((y >> 1) * half.width + (x >> 1)) * 4;
        const known = fine.cells[from + 3] as number;
        for (let c = 0; c < 3; c++)
          cells[to + c] = (cells[to + c] as number) + known * (fine.cells[from + c] as number);
        cells[to + 3] = (cells[to + 3] as number) + known;
      }
    for (let i = 0; i < cells.length; i += 4) {
      const known = cells[i + 3] as number;
      for (let c = 0; c < 3; c++) cells[i + c] = known > 0 ? (cells[i + c] as number) / known : 0;
      cells[i + 3] = Math.min(1, known);
    }
    return { ...half, cells };
  };
  const between = (coarse: Level, x: number, y: number, c: number): number => {
    const side = (at: number, count: number): number =>
      Math.min(count - 1, Math.max(0, (at >> 1) + (at % 2 === 0 ? -1 : 1)));
    const value = (column: number, row: number): number =>
      coarse.cells[(row * coarse.width + column) * 4 + c] as number;
    const [nearX, nearY, farX, farY] = [x >> 1, y >> 1, side(x, coarse.width), side(y, coarse.height)];
    return (
      0.5625 * value(nearX, nearY) + 0.1875 * (value(farX, nearY) + value(nearX, farY)) + 0.0625 * value(farX, farY)
    );
  };
  const cells = new Float64Array(width * height * 4);
  for (let i = 0; i < alpha.length; i++) {
    for (let c = 0; c < 3; c++) cells[i * 4 + c] = alpha[i] === 0 ? 0 : (rgb[i * 3 + c] as number);
    cells[i * 4 + 3] = (alpha[i] as number) / 255;
  }
  const levels: Level[] = [{ width, height, cells }];
  for (let top = levels[0] as Level; top.width > 1 || top.height > 1; ) {
    top = halved(top);
    levels.push(top);
  }
  for (let i = levels.length - 2; i >= 0; i--) {
    const [fine, coarse] = [levels[i] as Level, levels[i + 1] as Level];
    for (let y = 0; y < fine.height; y++)
      for (let x = 0; x < fine.width; x++) {
        const at = (y * fine.width + x) * 4;
        const known = fine.cells[at + 3] as number;
        for (let c = 0; c < 3; c++)
          fine.cells[at + c] = known * (fine.cells[at + c] as number) + (1 - known) * between(coarse, x, y, c);
      }
  }
  return Uint8Array.from({ length: rgb.length }, (_, i) => {
    const known = alpha[Math.floor(i / 3)] as number;
    const open = known === 0 ? 255 : Math.floor(255 / (2 * known));
    const own = known === 0 ? 0 : (rgb[i] as number);
    const value = Math.round(levels[0]?.cells[Math.floor(i / 3) * 4 + (i % 3)] as number);
    return Math.min(255, own + open, Math.max(0, known === 0 ? 0 : own - open, value));
  });
}

test.each([
  [1, 1],
  [1, 700],
  [1100, 3],
  [530, 517],
])('%i × %i pixels in tiles are as in one piece', async (width, height) => {
  const alpha = Uint8Array.from({ length: width * height }, (_, i) => {
    const noise = Math.imul(i + 1, 2654435761) >>> 24;
    return noise < 3 ? 255 : noise < 6 ? noise * 3 : 0;
  });
  const rgb = Uint8Array.from({ length: alpha.length * 3 }, (_, i) => Math.imul(i + 9, 2246822519) >>> 24);
  const [out, expected] = [await carried(width, height, rgb, alpha), reference(width, height, rgb, alpha)];
  const largest = out.reduce((most, value, i) => Math.max(most, Math.abs(value - (expected[i] as number))), 0);
  expect(largest).toBeLessThanOrEqual(1);
});

test('refuses pictures that do not match, and to write over what it reads', async () => {
  const [picture, alpha, to] = [empty(4, 3, 3), empty(4, 3, 1), empty(4, 3, 3)];
  const refused: [MappedPicture, MappedPicture, MappedPicture][] = [
    [picture, empty(4, 2, 1), to],
    [picture, alpha, empty(3, 3, 3)],
    [picture, alpha, picture],
    [picture, to, to],
    [alpha, alpha, to],
  ];
  for (const asked of refused)
    await expect(pixels.carryColours(...asked)).rejects.toMatchObject({ code: 'BAD_ARGUMENT' });
  to.close();
  await expect(pixels.carryColours(picture, alpha, to)).rejects.toMatchObject({ code: 'BAD_ARGUMENT' });
});
