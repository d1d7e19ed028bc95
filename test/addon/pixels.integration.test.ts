/** The addon of picture files, compared with slow references, and with calls that it must refuse. */
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  ftruncateSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  unlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { PNG } from 'pngjs';
import { afterAll, describe, expect, test } from 'vitest';
import { cutTile, type Rect } from '../../app/tiles';
import { devPixelsFile, type Grid, loadPixels, type MappedPicture, type PictureFacts } from '../../native/pixels';
import { onShare } from '../../storage/share.fixture';
import { fc } from '../properties';
import { failure } from './failure.fixture';
import { canMount } from './mount.fixture';

const root = join(import.meta.dirname, '..', '..');
const pixels = loadPixels(join(root, devPixelsFile));
const headerBytes = 64;

const folder = mkdtempSync(join(tmpdir(), 'refit-pixels-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let made = 0;

/** Makes a picture file that is one hole. */
function makeFile(width: number, height: number, channels: 1 | 3, shorter = 0): PictureFacts {
  const file = join(folder, String(made++));
  const handle = openSync(file, 'w');
  ftruncateSync(handle, headerBytes + width * height * channels - shorter);
  closeSync(handle);
  return { file, width, height, channels };
}

const bytes = (count: number, seed: number): Uint8Array => {
  let state = seed * 2 + 1;
  return Uint8Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 24;
  });
};

/** A smooth picture, in which each of PNG's filters is the best one somewhere. */
const smooth = (width: number, height: number, channels: number): Uint8Array =>
  Uint8Array.from({ length: width * height * channels }, (_, i) => {
    const x = Math.floor(i / channels) % width;
    const y = Math.floor(i / channels / width);
    return y % 7 === 0 ? (x * x * 31) & 255 : (x * 3 + y * (5 + (i % channels))) & 255;
  });

const whole = ({ width, height }: { width: number; height: number }): Rect => ({ x: 0, y: 0, width, height });

async function makePicture(
  width: number,
  height: number,
  channels: 1 | 3,
  content: Uint8Array,
): Promise<MappedPicture> {
  const picture = pixels.openPicture(makeFile(width, height, channels), 'write');
  await picture.write(whole(picture), content);
  return picture;
}

const channelsOf = fc.constantFrom<1 | 3>(1, 3);
const runs = { numRuns: 60 };

describe('a region', () => {
  test('comes back as it was written, and nothing beside it changes', async () => {
    await fc.assert(
      fc.asyncProperty(regionIn(40), channelsOf, async ({ width, height, region }, channels) => {
        const before = bytes(width * height * channels, 1);
        const picture = await makePicture(width, height, channels, before);
        const content = bytes(region.width * region.height * channels, 2);
        await picture.write(region, content);
        const expected = before.slice();
        for (let row = 0; row < region.height; row++)
          expected.set(
            content.subarray(row * region.width * channels, (row + 1) * region.width * channels),
            ((region.y + row) * width + region.x) * channels,
          );
        const all = new Uint8Array(before.length);
        await picture.read(whole(picture), all);
        expect(all).toEqual(expected);
        const back = new Uint8Array(content.length);
        await picture.read(region, back);
        expect(back).toEqual(content);
      }),
      runs,
    );
  });

  test('is read and written in a file whose path is longer than the 260 characters of old Windows programs', async () => {
    const deep = join(folder, 'd'.repeat(120), 'e'.repeat(120));
    mkdirSync(deep, { recursive: true });
    const short = makeFile(8, 4, 3);
    const file = join(deep, 'picture');
    renameSync(short.file, file);
    const picture = pixels.openPicture({ ...short, file }, 'write');
    const content = bytes(8 * 4 * 3, 6);
    await picture.write(whole(picture), content);
    const back = new Uint8Array(content.length);
    await picture.read(whole(picture), back);
    expect(back).toEqual(content);
  });

  test.runIf(process.platform === 'win32')('is read in a file of the network, however long its path', ({ skip }) => {
    const deep = join(folder, 's'.repeat(120), 't'.repeat(120));
    mkdirSync(deep, { recursive: true });
    for (const place of [folder, deep]) {
      const share = onShare(place);
      if (share === null) return skip('no share of this disk');
      const made = makeFile(8, 4, 3);
      renameSync(made.file, join(place, 'shared'));
      for (const file of [join(share, 'shared'), join(share, 'shared').replaceAll('\\', '/')])
        expect(() => pixels.openPicture({ ...made, file }, 'read').close()).not.toThrow();
    }
  });

  test('larger than a thread takes comes back as it was written', async () => {
    const content = bytes(2000 * 1500 * 3, 5);
    const picture = await makePicture(2000, 1500, 3, content);
    const back = new Uint8Array(content.length);
    await picture.read(whole(picture), back);
    expect(Buffer.compare(back, content)).toBe(0);
  });

  test('that nobody has written is black, and reading it takes no space', async () => {
    const facts = makeFile(64, 64, 3);
    const picture = pixels.openPicture(facts, 'read');
    const out = bytes(64 * 64 * 3, 1);
    await picture.read(whole(picture), out);
    expect(out.every((byte) => byte === 0)).toBe(true);
    // NTFS gives a file its space when it is made.
    if (process.platform !== 'win32') expect(statSync(facts.file).blocks ?? 0).toBe(0);
  });

  test('is seen by another who has opened the file', async () => {
    const facts = makeFile(8, 8, 1);
    const writer = pixels.openPicture(facts, 'write');
    const reader = pixels.openPicture(facts, 'read');
    await writer.write(whole(facts), bytes(64, 3));
    const out = new Uint8Array(64);
    await reader.read(whole(facts), out);
    expect(out).toEqual(bytes(64, 3));
  });

  test.skipIf(process.platform !== 'linux')('of an unlinked file is reached through /proc', async () => {
    const facts = makeFile(8, 8, 1);
    const handle = openSync(facts.file, 'r+');
    unlinkSync(facts.file);
    const picture = pixels.openPicture({ ...facts, file: `/proc/${process.pid}/fd/${handle}` }, 'write');
    closeSync(handle);
    await picture.write(whole(facts), bytes(64, 3));
    const out = new Uint8Array(64);
    await picture.read(whole(facts), out);
    expect(out).toEqual(bytes(64, 3));
  });
});

test('a tile is cut as app/tiles.ts cuts it', async () => {
  const plan = fc.record({
    region: regionIn(30),
    tileWidth: fc.integer({ min: 1, max: 90 }),
    tileHeight: fc.integer({ min: 1, max: 90 }),
  });
  await fc.assert(
    fc.asyncProperty(plan, async ({ region: { width, height, region }, tileWidth, tileHeight }) => {
      const rgb = bytes(width * height * 3, 7);
      const picture = await makePicture(width, height, 3, rgb);
      const expected = new Uint8Array(tileWidth * tileHeight * 3);
      cutTile({ width, height, rgb }, { x: region.x, y: region.y, core: region }, tileWidth, tileHeight, expected);
      const out = new Uint8Array(expected.length);
      await picture.cutTile(region.x, region.y, tileWidth, tileHeight, out);
      expect(out).toEqual(expected);
    }),
    runs,
  );
});

describe('resampling', () => {
  const sides = fc.record({
    columns: fc.integer({ min: 1, max: 9 }),
    rows: fc.integer({ min: 1, max: 9 }),
    width: fc.integer({ min: 1, max: 12 }),
    height: fc.integer({ min: 1, max: 12 }),
    x: fc.integer({ min: 0, max: 4 }),
    y: fc.integer({ min: 0, max: 4 }),
  });

  test('by whole ratios gives the exact mean, rounded to nearest', async () => {
    await fc.assert(
      fc.asyncProperty(sides, channelsOf, async ({ columns, rows, width, height, x, y }, channels) => {
        const region = { x, y, width: width * columns, height: height * rows };
        const all = { width: x + region.width + 1, height: y + region.height + 2 };
        const content = bytes(all.width * all.height * channels, 11);
        const picture = await makePicture(all.width, all.height, channels, content);
        const out = new Uint8Array(width * height * channels);
        await picture.resample(region, width, height, out);
        expect(out).toEqual(meanOf(content, all.width, channels, region, width, height));
      }),
      runs,
    );
  });

  // More rows than sums of 16 bits can hold, and more pixels than sums of 32 bits can.
  test.each([
    ['300 rows', 2, 600, 1, 2],
    ['17 million pixels', 4200, 4100, 1, 1],
  ])('of %s to a pixel is exact', async (_, width, height, columns, rows) => {
    const content = new Uint8Array(width * height).fill(255);
    content[5] = 0;
    const picture = await makePicture(width, height, 1, content);
    const out = new Uint8Array(columns * rows);
    await picture.resample(whole(picture), columns, rows, out);
    expect(out).toEqual(meanOf(content, width, 1, whole(picture), columns, rows));
  });

  test('of a large picture is that of its parts, on however many threads', async () => {
    const content = bytes(2048 * 1536 * 3, 5);
    const picture = await makePicture(2048, 1536, 3, content);
    const out = new Uint8Array(512 * 384 * 3);
    await picture.resample(whole(picture), 512, 384, out);
    expect(Buffer.compare(out, meanOf(content, 2048, 3, whole(picture), 512, 384))).toBe(0);
  });

  test('at any size and of any region is area mean or bilinear, rounded', async () => {
    const part = fc.double({ min: 0, max: 1, noNaN: true });
    const wanted = fc.record({
      width: fc.integer({ min: 1, max: 30 }),
      height: fc.integer({ min: 1, max: 30 }),
      columns: fc.integer({ min: 1, max: 60 }),
      rows: fc.integer({ min: 1, max: 60 }),
      parts: fc.tuple(part, part, part, part),
    });
    await fc.assert(
      fc.asyncProperty(wanted, channelsOf, async ({ width, height, columns, rows, parts }, channels) => {
        const x = parts[0] * (width - 0.5);
        const y = parts[1] * (height - 0.5);
        const region = { x, y, width: 0.5 + parts[2] * (width - x - 0.5), height: 0.5 + parts[3] * (height - y - 0.5) };
        const content = bytes(width * height * channels, 13);
        const picture = await makePicture(width, height, channels, content);
        const out = new Uint8Array(columns * rows * channels);
        await picture.resample(region, columns, rows, out);
        const expected = weighted(content, { width, height, channels }, region, columns, rows);
        const farthest = out.reduce((most, level, i) => Math.max(most, Math.abs(level - (expected[i] as number))), 0);
        expect(farthest).toBeLessThanOrEqual(0.51);
      }),
      { numRuns: 200 },
    );
  });
});

describe('PNG rows', () => {
  const unfiltered = (rows: Uint8Array, width: number, height: number, hasAlpha: boolean): Uint8Array => {
    const file = pngFile(rows, width, height, hasAlpha);
    return new Uint8Array(PNG.sync.read(file).data);
  };
  const rgba = (rgb: Uint8Array, alpha?: Uint8Array): Uint8Array =>
    Uint8Array.from({ length: (rgb.length / 3) * 4 }, (_, i) =>
      i % 4 === 3 ? (alpha?.[i >> 2] ?? 255) : (rgb[(i >> 2) * 3 + (i % 4)] as number),
    );

  test.each([
    ['one strip', [50]],
    ['strips that join', [1, 20, 29]],
  ])('in %s are the picture', async (_, strips) => {
    const rgb = smooth(37, 50, 3);
    const picture = await makePicture(37, 50, 3, rgb);
    const rows: Uint8Array[] = [];
    let y = 0;
    for (const count of strips) {
      rows.push(await pixels.pngRows(picture, null, y, count));
      y += count;
    }
    expect(unfiltered(Buffer.concat(rows), 37, 50, false)).toEqual(rgba(rgb));
  });

  test('of a large picture are the picture, on however many threads', async () => {
    const rgb = smooth(1500, 900, 3);
    const picture = await makePicture(1500, 900, 3, rgb);
    const rows = await pixels.pngRows(picture, null, 0, 900);
    expect(Buffer.compare(unfiltered(rows, 1500, 900, false), rgba(rgb))).toBe(0);
  });

  test('hold alpha of the same size as it is', async () => {
    const rgb = smooth(20, 10, 3);
    const opacity = bytes(200, 4);
    const rows = await pixels.pngRows(await makePicture(20, 10, 3, rgb), await makePicture(20, 10, 1, opacity), 0, 10);
    expect(unfiltered(rows, 20, 10, true)).toEqual(rgba(rgb, opacity));
  });

  test('hold smaller alpha as resampling enlarges it', async () => {
    const rgb = smooth(40, 20, 3);
    const alpha = await makePicture(10, 5, 1, bytes(50, 4));
    const opacity = new Uint8Array(800);
    await alpha.resample(whole(alpha), 40, 20, opacity);
    const picture = await makePicture(40, 20, 3, rgb);
    const rows = [await pixels.pngRows(picture, alpha, 0, 13), await pixels.pngRows(picture, alpha, 13, 7)];
    expect(unfiltered(Buffer.concat(rows), 40, 20, true)).toEqual(rgba(rgb, opacity));
  });

  test('have for each row the filter of least absolute differences', async () => {
    const rgb = smooth(64, 40, 3);
    const rows = await pixels.pngRows(await makePicture(64, 40, 3, rgb), null, 0, 40);
    const stride = 64 * 3;
    const at = (row: number, i: number): number => (row < 0 || i < 0 ? 0 : (rgb[row * stride + i] as number));
    const used = new Set<number>();
    for (let row = 0; row < 40; row++) {
      const costs = [0, 1, 2, 3, 4].map((filter) => {
        let cost = 0;
        for (let i = 0; i < stride; i++) {
          const [left, up, corner] = [at(row, i - 3), at(row - 1, i), at(row - 1, i - 3)];
          const predicted = [0, left, up, (left + up) >> 1, paeth(left, up, corner)][filter] as number;
          const difference = (at(row, i) - predicted) & 255;
          cost += Math.min(difference, 256 - difference);
        }
        return cost;
      });
      const chosen = rows[row * (stride + 1)] as number;
      used.add(chosen);
      expect(costs[chosen]).toBe(Math.min(...costs));
    }
    expect(used.size).toBeGreaterThan(1);
  });
});

test.each([0, 1, 5551, 5552, 5553, 65_521, 3_000_001])('Adler-32 of %i bytes is that of zlib', async (length) => {
  // The largest bytes, whose sums are the first to overflow.
  for (const bytes of [new Uint8Array(length).fill(255), smooth(Math.ceil(length / 3), 1, 3).subarray(0, length)]) {
    const packed = deflateSync(bytes, { level: 1 });
    expect(await pixels.adler32(bytes)).toBe(packed.readUInt32BE(packed.length - 4));
  }
});

describe('refused', () => {
  const picture = pixels.openPicture(makeFile(10, 8, 3), 'write');
  const out = new Uint8Array(10 * 8 * 3);
  const none = { x: 0, y: 0, width: 10, height: 8 };
  const upright: Grid = { start: { x: 0.5, y: 0.5 }, step: { x: 1, y: 0 }, down: { x: 0, y: 1 } };

  test.each([
    ['a region left of the picture', { ...none, x: -1 }],
    ['a region past its right edge', { ...none, x: 1 }],
    ['a region past its last row', { ...none, y: 1 }],
    ['a region of no width', { ...none, width: 0 }],
    ['half a pixel', { ...none, width: 9.5 }],
    ['NaN', { ...none, y: Number.NaN }],
    ['a number too large for any memory', { ...none, height: 2 ** 53 }],
    ['a word', { ...none, x: '0' }],
    ['no object', 3],
    ['nothing', undefined],
  ])('to read or write: %s', async (_, region) => {
    for (const call of [() => picture.read(region as Rect, out), () => picture.write(region as Rect, out)])
      expect(await failure(call)).toMatchObject({
        code: 'BAD_ARGUMENT',
        message: expect.stringMatching(/^Expected .* for region.* but received/),
      });
  });

  test.each([
    ['too small', new Uint8Array(239)],
    ['too large', new Uint8Array(241)],
    ['of another type', new Uint8ClampedArray(240)],
    ['no array', null],
  ])('a buffer that is %s', async (_, buffer) => {
    const bad = buffer as Uint8Array;
    const message = expect.stringContaining('Expected Uint8Array of 240 bytes for');
    expect(await failure(() => picture.read(none, bad))).toMatchObject({ code: 'BAD_ARGUMENT', message });
    expect(await failure(() => picture.write(none, bad))).toMatchObject({ code: 'BAD_ARGUMENT', message });
    expect(await failure(() => picture.cutTile(2, 2, 10, 8, bad))).toMatchObject({ code: 'BAD_ARGUMENT', message });
    expect(await failure(() => picture.resample(none, 10, 8, bad))).toMatchObject({ code: 'BAD_ARGUMENT', message });
  });

  test('a check of what is no bytes', async () => {
    const none = new Uint16Array(2) as unknown as Uint8Array;
    expect(await failure(() => pixels.adler32(none))).toMatchObject({ code: 'BAD_ARGUMENT' });
  });

  test('a buffer whose memory was given away', async () => {
    const gone = new Uint8Array(240);
    structuredClone(gone.buffer, { transfer: [gone.buffer] });
    expect(await failure(() => picture.read(none, gone))).toMatchObject({ code: 'BAD_ARGUMENT' });
  });

  test.each([
    ['begins past the picture', [10, 0, 1, 1]],
    ['begins before it', [0, -1, 1, 1]],
    ['is empty', [0, 0, 0, 1]],
    ['is larger than any picture', [0, 0, 1, 1e9]],
    ['is no number', [0, 0, Number.NaN, 1]],
  ] as const)('a tile that %s', async (_, [x, y, width, height]) => {
    expect(await failure(() => picture.cutTile(x, y, width, height, out))).toMatchObject({ code: 'BAD_ARGUMENT' });
  });

  test.each([
    ['past the right edge', { ...none, x: 0.5 }, 2, 2],
    ['before the first row', { ...none, y: -0.1 }, 2, 2],
    ['without area', { ...none, width: 0 }, 2, 2],
    ['at NaN', { ...none, x: Number.NaN }, 2, 2],
    ['of infinite width', { ...none, width: Number.POSITIVE_INFINITY }, 2, 2],
    ['to no size', none, 0, 2],
    ['to half a column', none, 2.5, 2],
  ])('resampling %s', async (_, region, width, height) => {
    expect(await failure(() => picture.resample(region, width, height, new Uint8Array(12)))).toMatchObject({
      code: 'BAD_ARGUMENT',
    });
  });

  test.each([
    ['a strip past the last row', 4, 5],
    ['an empty strip', 4, 0],
    ['a strip before the first row', -1, 2],
  ])('%s', async (_, y, rows) => {
    expect(await failure(() => pixels.pngRows(picture, null, y, rows))).toMatchObject({ code: 'BAD_ARGUMENT' });
  });

  test('PNG rows of a mask, of alpha in colour, and of no picture', async () => {
    const mask = pixels.openPicture(makeFile(10, 8, 1), 'read');
    expect(await failure(() => pixels.pngRows(mask, null, 0, 1))).toMatchObject({ code: 'BAD_ARGUMENT' });
    expect(await failure(() => pixels.pngRows(picture, picture, 0, 1))).toMatchObject({ code: 'BAD_ARGUMENT' });
    const made = { ...none, channels: 3 } as unknown as MappedPicture;
    expect(await failure(() => pixels.pngRows(made, null, 0, 1))).toMatchObject({ code: 'BAD_ARGUMENT' });
  });

  test('a view of a mask, with colours for its alpha, past the edge, or into too little room', async () => {
    const mask = pixels.openPicture(makeFile(10, 8, 1), 'read');
    const bytes = new Uint8Array(4);
    const asked: [MappedPicture, MappedPicture | null, Rect, Uint8Array][] = [
      [mask, mask, none, bytes],
      [picture, picture, none, bytes],
      [picture, mask, { ...none, width: 11 }, bytes],
      [picture, null, none, new Uint8Array(3)],
    ];
    const size = { width: 2, height: 2 };
    for (const [colours, alpha, region, to] of asked)
      for (const call of [
        () => pixels.viewRgba(colours, alpha, region, 1, 1, to),
        () => pixels.viewTurned(colours, alpha, region, size, upright, 1, 1, to),
      ])
        expect(await failure(call)).toMatchObject({ code: 'BAD_ARGUMENT' });
  });

  test.each([
    ['from a part of no width', { width: 0, height: 2 }, upright],
    ['along no grid', { width: 2, height: 2 }, null],
    ['from NaN on', { width: 2, height: 2 }, { ...upright, start: { x: Number.NaN, y: 0 } }],
    ['by endless steps', { width: 2, height: 2 }, { ...upright, step: { x: 0, y: Number.POSITIVE_INFINITY } }],
  ])('turning %s', async (_, size, grid) => {
    const turn = () => pixels.viewTurned(picture, null, none, size, grid as Grid, 1, 1, new Uint8Array(4));
    expect(await failure(turn)).toMatchObject({ code: 'BAD_ARGUMENT' });
  });

  test.each([
    ['no width', { width: 0 }],
    ['half a row', { height: 1.5 }],
    ['two channels', { channels: 2 }],
    ['four channels', { channels: 4 }],
    ['no path', { file: '' }],
    ['a path with a zero in it', { file: 'a\0b' }],
    ['more columns than any picture has', { width: 1e8 }],
  ])('facts with %s', async (_, wrong) => {
    const facts = { ...makeFile(10, 8, 3), ...wrong } as PictureFacts;
    expect(await failure(() => pixels.openPicture(facts, 'read'))).toMatchObject({ code: 'BAD_ARGUMENT' });
  });

  test('an unknown access', async () => {
    const facts = makeFile(1, 1, 1);
    expect(await failure(() => pixels.openPicture(facts, 'append' as 'read'))).toMatchObject({ code: 'BAD_ARGUMENT' });
  });

  test('writing to a picture that was opened for reading', async () => {
    const reader = pixels.openPicture(makeFile(10, 8, 3), 'read');
    expect(await failure(() => reader.write(none, out))).toMatchObject({ code: 'BAD_ARGUMENT' });
  });

  test('a file that is missing, too short, or a folder', async () => {
    const missing = { file: join(folder, 'none'), width: 1, height: 1, channels: 1 } as const;
    expect(await failure(() => pixels.openPicture(missing, 'read'))).toMatchObject({ code: 'FILE_FAILED' });
    const short = makeFile(10, 8, 3, 1);
    expect(await failure(() => pixels.openPicture(short, 'read'))).toMatchObject({ code: 'FILE_FAILED' });
    expect(await failure(() => pixels.openPicture({ ...missing, file: folder }, 'read'))).toMatchObject({
      code: 'FILE_FAILED',
    });
  });

  test.skipIf(process.platform === 'win32')('a pipe, at once though nobody is at its other end', async () => {
    const file = join(folder, 'pipe');
    execFileSync('mkfifo', [file]);
    const facts = { file, width: 1, height: 1, channels: 1 } as const;
    for (const access of ['read', 'write'] as const)
      expect(await failure(() => pixels.openPicture(facts, access))).toMatchObject({ code: 'FILE_FAILED' });
  });
});

describe('a closed picture', () => {
  test('refuses every call and keeps its shape', async () => {
    const picture = pixels.openPicture(makeFile(4, 4, 3), 'write');
    picture.close();
    picture.close();
    const all = whole(picture);
    const out = new Uint8Array(48);
    for (const call of [
      () => picture.read(all, out),
      () => picture.write(all, out),
      () => picture.cutTile(0, 0, 4, 4, out),
      () => picture.resample(all, 4, 4, out),
      () => pixels.pngRows(picture, null, 0, 1),
    ])
      expect(await failure(call)).toMatchObject({ code: 'BAD_ARGUMENT', message: expect.stringContaining('closed') });
    expect(picture.width).toBe(4);
  });

  test('ends the calls under way first', async () => {
    const content = bytes(3000 * 1000 * 3, 9);
    const picture = await makePicture(3000, 1000, 3, content);
    const out = new Uint8Array(content.length);
    const small = new Uint8Array(300 * 100 * 3);
    const calls = [
      picture.read(whole(picture), out),
      picture.resample(whole(picture), 300, 100, small),
      pixels.pngRows(picture, null, 0, 1000),
    ];
    picture.close();
    await Promise.all(calls);
    expect(Buffer.compare(out, content)).toBe(0);
    expect(small).toEqual(meanOf(content, 3000, 3, { x: 0, y: 0, width: 3000, height: 1000 }, 300, 100));
  });
});

describe('a file that somebody else has', () => {
  test('cut short is an error', async () => {
    const facts = makeFile(1000, 1000, 3);
    const picture = pixels.openPicture(facts, 'read');
    truncateSync(facts.file, 100_000);
    expect(await failure(() => picture.read(whole(facts), new Uint8Array(3_000_000)))).toMatchObject({
      code: 'FILE_FAILED',
    });
  });
});

describe.skipIf(process.platform === 'win32')('a full disk', () => {
  /** Writes a picture of 3 MB in `place`, and says what that came to and whether pixels can still be read. */
  const script = (place: string): string => `
    const { openSync, ftruncateSync } = require('node:fs');
    const file = ${JSON.stringify(join(place, 'full'))};
    ftruncateSync(openSync(file, 'w'), ${headerBytes} + 3e6);
    const picture = require(${JSON.stringify(join(root, devPixelsFile))})
      .openPicture({ file, width: 1000, height: 1000, channels: 3 }, 'write');
    const all = { x: 0, y: 0, width: 1000, height: 1000 };
    const out = new Uint8Array(3e6).fill(7);
    (async () => {
      const code = await picture.write(all, out).then(() => 'none', (error) => error.code);
      await picture.read(all, out);
      console.log(code, out[0], out[out.length - 1]);
    })();`;

  test.skipIf(!canMount)('is FILE_FULL, and what was not written reads as black', () => {
    const place = join(folder, 'small');
    mkdirSync(place);
    const mount = `mount -t tmpfs -o size=2m none ${place} && exec ${process.execPath} -e "$0"`;
    const said = execFileSync('unshare', ['-m', 'sh', '-c', mount, script(place)], { encoding: 'utf8' });
    expect(said).toBe('FILE_FULL 7 0\n');
  });
});

function regionIn(most: number): fc.Arbitrary<{ width: number; height: number; region: Rect }> {
  const side = fc.integer({ min: 1, max: most });
  return fc.record({ width: side, height: side }).chain(({ width, height }) =>
    fc
      .record({ x: fc.integer({ min: 0, max: width - 1 }), y: fc.integer({ min: 0, max: height - 1 }) })
      .chain(({ x, y }) =>
        fc.record({
          width: fc.constant(width),
          height: fc.constant(height),
          region: fc.record({
            x: fc.constant(x),
            y: fc.constant(y),
            width: fc.integer({ min: 1, max: width - x }),
            height: fc.integer({ min: 1, max: height - y }),
          }),
        }),
      ),
  );
}

/** The exact mean of whole ratios, half a level up. */
function meanOf(
  content: Uint8Array,
  stride: number,
  channels: number,
  region: Rect,
  width: number,
  height: number,
): Uint8Array {
  const columns = region.width / width;
  const rows = region.height / height;
  const out = new Uint8Array(width * height * channels);
  for (let i = 0; i < out.length; i++) {
    const channel = i % channels;
    const x = region.x + (Math.floor(i / channels) % width) * columns;
    const y = region.y + Math.floor(i / channels / width) * rows;
    let sum = 0;
    for (let row = y; row < y + rows; row++)
      for (let column = x; column < x + columns; column++)
        sum += content[(row * stride + column) * channels + channel] as number;
    out[i] = Math.floor(sum / (columns * rows) + 0.5);
  }
  return out;
}

/** The pixels along an axis that make one pixel of the result, each with its share. */
function taps(from: number, length: number, source: number, result: number, index: number): [number, number][] {
  const ratio = length / result;
  if (ratio < 1) {
    const centre = Math.min(Math.max(from + (index + 0.5) * ratio - 0.5, 0), source - 1);
    const first = Math.floor(centre);
    return [
      [first, 1 - (centre - first)],
      [Math.min(first + 1, source - 1), centre - first],
    ];
  }
  const begin = from + index * ratio;
  const end = begin + ratio;
  const found: [number, number][] = [];
  for (let at = Math.floor(begin); at < Math.min(end, source); at++)
    found.push([at, (Math.min(end, at + 1) - Math.max(begin, at)) / ratio]);
  return found;
}

/** What `resample` is to give, unrounded: the share of each pixel down times its share across. */
function weighted(
  content: Uint8Array,
  picture: { width: number; height: number; channels: number },
  region: Rect,
  width: number,
  height: number,
): number[] {
  const out: number[] = [];
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (let channel = 0; channel < picture.channels; channel++) {
        let sum = 0;
        for (const [row, down] of taps(region.y, region.height, picture.height, height, y))
          for (const [column, across] of taps(region.x, region.width, picture.width, width, x))
            sum += down * across * (content[(row * picture.width + column) * picture.channels + channel] as number);
        out.push(sum);
      }
  return out;
}

function paeth(left: number, up: number, corner: number): number {
  const estimate = left + up - corner;
  const [a, b, c] = [Math.abs(estimate - left), Math.abs(estimate - up), Math.abs(estimate - corner)];
  if (a <= b && a <= c) return left;
  return b <= c ? up : corner;
}

/** A PNG file of filtered rows. */
function pngFile(rows: Uint8Array, width: number, height: number, hasAlpha: boolean): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = 8;
  header[9] = hasAlpha ? 6 : 2;
  const chunk = (name: string, data: Uint8Array): Buffer => {
    const body = Buffer.concat([Buffer.from(name, 'latin1'), data]);
    const frame = Buffer.alloc(8);
    frame.writeUInt32BE(data.length, 0);
    frame.writeUInt32BE(crc32(body), 4);
    return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
  };
  const signature = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]);
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function crc32(body: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of body) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}
