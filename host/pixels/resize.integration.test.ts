/** Pictures that something shines through, saved at any size: by libvips and the addon. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pictureHeaderBytes } from '../../app/pictureFile';
import { devPixelsFile, loadPixels } from '../../native/pixels';
import { fc } from '../../test/properties';
import { type EncodeTask, encode } from './encode';
import { examplePixels, writePicture } from './pixels.fixture';
import { type Layer, resize } from './resize';

const pixels = loadPixels(path.resolve(devPixelsFile));
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'refit-resize-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

let made = 0;
const fresh = (end: string) => path.join(folder, `${made++}.${end}`);
const bytesOf = async ({ file }: Layer): Promise<Uint8Array> =>
  new Uint8Array(await readFile(file)).subarray(pictureHeaderBytes);

interface Transparent {
  width: number;
  height: number;
  rgb: Uint8Array;
  /** As large as the picture, or as it was before it was enlarged. */
  alpha: Uint8Array;
  ratio: number;
}

async function filesOf({ width, height, rgb, alpha, ratio }: Transparent) {
  const picture = await writePicture(fresh('v'), width, height, rgb);
  return { picture, alpha: await writePicture(fresh('v'), width / ratio, height / ratio, alpha) };
}

async function resized(picture: Transparent, size: { width: number; height: number }) {
  const own = await mkdtemp(path.join(folder, 'one-'));
  const layers = await resize(await filesOf(picture), size, { pixels, folder: own });
  return { rgb: await bytesOf(layers.picture), alpha: await bytesOf(layers.alpha as Layer) };
}

async function saved(picture: Transparent, format: EncodeTask['format'], size: { width: number; height: number }) {
  const task: EncodeTask = {
    ...(await filesOf(picture)),
    format,
    size,
    quality: 100,
    metadata: null,
    dropPlace: false,
    file: fresh(format),
    scratch: folder,
  };
  await encode(task, pixels, () => undefined, new AbortController().signal);
  const { data, info } = await sharp(await readFile(task.file))
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { data, channels: info.channels };
}

const side = fc.integer({ min: 1, max: 24 });
/** Any mask, over a picture as large or one that was enlarged. */
const anyMask = fc
  .record({ columns: side, rows: side, ratio: fc.constantFrom(1, 4), hard: fc.boolean() })
  .chain(({ columns, rows, ratio, hard }) =>
    fc.uint8Array({ minLength: columns * rows, maxLength: columns * rows }).map((alpha) => ({
      width: columns * ratio,
      height: rows * ratio,
      ratio,
      alpha: hard ? alpha.map((value) => (value < 128 ? 0 : 255)) : alpha,
    })),
  );
const anySize = fc.record({ width: fc.integer({ min: 1, max: 120 }), height: fc.integer({ min: 1, max: 120 }) });
const colour = fc.tuple(...Array.from({ length: 3 }, () => fc.integer({ min: 0, max: 255 })));

test('one colour under any mask is that colour wherever it is seen, at any size', async () => {
  await fc.assert(
    fc.asyncProperty(anyMask, anySize, colour, async (mask, size, ink) => {
      const { width, ratio, alpha } = mask;
      const opacityAt = (pixel: number): number =>
        alpha[Math.floor(Math.floor(pixel / width) / ratio) * (width / ratio) + Math.floor((pixel % width) / ratio)] ??
        0;
      // What is hidden has another colour, which is not to come through.
      const hidden = ratio === 1;
      const rgb = Uint8Array.from({ length: width * mask.height * 3 }, (_, i) =>
        hidden && opacityAt(Math.floor(i / 3)) === 0 ? 255 - (ink[i % 3] as number) : (ink[i % 3] as number),
      );
      const out = await resized({ ...mask, rgb }, size);
      for (let i = 0; i < out.rgb.length; i++) {
        const seen = (out.alpha[Math.floor(i / 3)] as number) / 255;
        expect(Math.abs((out.rgb[i] as number) - (ink[i % 3] as number)) * seen).toBeLessThanOrEqual(4);
      }
    }),
    { numRuns: 40 },
  );
});

test('a speck keeps its colour where all of Lanczos’ weights are low', async () => {
  const alpha = new Uint8Array(11 * 5);
  alpha[54] = 255;
  const rgb = Uint8Array.from({ length: 44 * 20 * 3 }, (_, i) => [200, 100, 250][i % 3] as number);
  const out = await resized({ width: 44, height: 20, ratio: 4, alpha, rgb }, { width: 45, height: 2 });
  expect([...out.rgb.subarray(-3)]).toEqual([200, 100, 250]);
  expect(out.alpha.at(-1)).toBe(102);
});

test('a speck keeps its colour where the linear kernel’s weights are low too', async () => {
  const alpha = Uint8Array.from({ length: 13 }, (_, i) => (i === 11 ? 255 : 0));
  const rgb = Uint8Array.from({ length: 52 * 4 * 3 }, (_, i) => [0, 27, 0][i % 3] as number);
  const out = await resized({ width: 52, height: 4, ratio: 4, alpha, rgb }, { width: 2, height: 5 });
  expect([...out.rgb.subarray(-3)]).toEqual([0, 27, 0]);
  expect(out.alpha.at(-1)).toBe(39);
});

test('what rings where nothing is seen changes no colour beside it', async () => {
  const alpha = Uint8Array.from([0, 0, 255, 0, 255, 0, 0, 0, 0, 0, 0, 0]);
  const rgb = new Uint8Array(36);
  for (const [i, each] of alpha.entries()) rgb.set(each === 0 ? [255, 255, 69] : [0, 0, 186], i * 3);
  const out = await resized({ width: 3, height: 4, ratio: 1, alpha, rgb }, { width: 3, height: 40 });
  expect(out.alpha[2]).toBe(255);
  expect(Math.abs((out.rgb[8] as number) - 186)).toBeLessThanOrEqual(1);
});

test('no alpha leaves those that it is made of, at any size', async () => {
  await fc.assert(
    fc.asyncProperty(anyMask, anySize, async (mask, size) => {
      const { width, height, ratio, alpha } = mask;
      const out = await resized({ ...mask, rgb: new Uint8Array(width * height * 3) }, size);
      const [columns, rows] = [width / ratio, height / ratio];
      const [toX, toY] = [columns / size.width, rows / size.height];
      for (let y = 0; y < size.height; y++)
        for (let x = 0; x < size.width; x++) {
          let [least, most] = [255, 0];
          for (let row = Math.max(0, Math.floor(y * toY - 0.5)); row < Math.min(rows, (y + 1) * toY + 1); row++)
            for (
              let column = Math.max(0, Math.floor(x * toX - 0.5));
              column < Math.min(columns, (x + 1) * toX + 1);
              column++
            ) {
              least = Math.min(least, alpha[row * columns + column] as number);
              most = Math.max(most, alpha[row * columns + column] as number);
            }
          const value = out.alpha[y * size.width + x] as number;
          expect(value).toBeGreaterThanOrEqual(least);
          expect(value).toBeLessThanOrEqual(most);
        }
    }),
    { numRuns: 60 },
  );
});

/** A disc with a hard edge, cut out of a picture of one colour that was enlarged four times. */
function disc(ink: number): Transparent {
  const alpha = Uint8Array.from({ length: 48 * 48 }, (_, i) =>
    Math.hypot((i % 48) - 23.5, Math.floor(i / 48) - 23.5) < 16 ? 255 : 0,
  );
  return { width: 192, height: 192, ratio: 4, alpha, rgb: new Uint8Array(192 * 192 * 3).fill(ink) };
}

describe.each([192, 96, 77, 250])('a transparent picture saved %i pixels wide', (width) => {
  const size = { width, height: width };

  test('is in JPEG what it is in PNG, laid on white', async () => {
    const png = await saved(disc(200), 'png', size);
    const jpeg = await saved(disc(200), 'jpeg', size);
    expect([png.channels, jpeg.channels]).toEqual([4, 3]);
    let most = 0;
    for (let i = 0; i < width * width; i++) {
      const alpha = (png.data[i * 4 + 3] as number) / 255;
      const right = alpha * (png.data[i * 4] as number) + (1 - alpha) * 255;
      most = Math.max(most, Math.abs((jpeg.data[i * 3] as number) - right));
    }
    expect(most).toBeLessThanOrEqual(4);
  });

  test('has the same alpha in WebP as in PNG', async () => {
    const alphaOf = ({ data }: { data: Buffer }) => data.filter((_, i) => i % 4 === 3);
    const png = alphaOf(await saved(disc(200), 'png', size));
    const webp = alphaOf(await saved(disc(200), 'webp', size));
    expect(
      webp.reduce((most, value, i) => Math.max(most, Math.abs(value - (png[i] as number))), 0),
    ).toBeLessThanOrEqual(1);
    expect(png.includes(0) && png.includes(255)).toBe(true);
  });

  test('vanishes on its own colour in every format', async () => {
    for (const format of ['png', 'jpeg', 'webp'] as const) {
      const { data, channels } = await saved(disc(255), format, size);
      let darkest = 255;
      for (let i = 0; i < width * width; i++) {
        const alpha = channels === 4 ? (data[i * 4 + 3] as number) / 255 : 1;
        for (let c = 0; c < 3; c++)
          darkest = Math.min(darkest, alpha * (data[i * channels + c] as number) + (1 - alpha) * 255);
      }
      expect([format, darkest >= 250, darkest]).toEqual([format, true, darkest]);
    }
  });
});

test('keeps an opaque inside as sharp as an opaque picture', async () => {
  const [width, height] = [120, 90];
  const rgb = examplePixels(width, height, 3);
  const alpha = Uint8Array.from({ length: width * height }, (_, i) => (i % width < 80 ? 255 : 0));
  const size = { width: 60, height: 45 };
  const out = await resized({ width, height, ratio: 1, rgb, alpha }, size);
  const opaque = await resize({ picture: await writePicture(fresh('v'), width, height, rgb) }, size, {
    pixels,
    folder,
  });
  const right = await bytesOf(opaque.picture);
  for (let i = 0; i < out.rgb.length; i++)
    if (Math.floor(i / 3) % 60 < 36)
      expect(Math.abs((out.rgb[i] as number) - (right[i] as number))).toBeLessThanOrEqual(1);
});

test('a PNG of another size keeps what is clear from bleeding into what is seen', async () => {
  const isLeft = (i: number) => i % 64 < 32;
  const rgb = Uint8Array.from({ length: 64 * 64 * 3 }, (_, i) => (isLeft(Math.floor(i / 3)) ? 255 : 0));
  const alpha = Uint8Array.from({ length: 32 * 32 }, (_, i) => (i % 32 < 16 ? 255 : 0));
  const { data } = await saved({ width: 64, height: 64, ratio: 2, rgb, alpha }, 'png', { width: 20, height: 20 });
  const seen = Array.from({ length: 400 }, (_, i) => data.subarray(i * 4, i * 4 + 4)).filter(
    ([, , , a = 0]) => a > 128,
  );
  expect(seen.length).toBeGreaterThan(150);
  expect(Math.min(...seen.map(([red = 0]) => red))).toBeGreaterThan(240);
});

test.each(['jpeg', 'webp'] as const)('a %s is white, or clear, where there is nothing', async (format) => {
  const size = { width: 40, height: 40 };
  const nothing = { ...size, ratio: 2, rgb: examplePixels(40, 40, 3), alpha: new Uint8Array(400) };
  const { data, channels } = await saved(nothing, format, size);
  expect(channels).toBe(format === 'jpeg' ? 3 : 4);
  if (format === 'jpeg') expect(data.every((value) => value > 250)).toBe(true);
  else expect(data.every((value, i) => i % 4 !== 3 || value === 0)).toBe(true);
});
