/** Pictures as large as cameras make them, from file to file, through a stand-in for the network that is as fast as one can be. */
import { readdirSync, readlinkSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { deflateSync, inflateSync } from 'node:zlib';
import sharp, { type Sharp } from 'sharp';
import { maxPixels } from '../../app/pictureLimits';
import { expect, test as plainTest, type RunningApp } from './app';
import { test } from './damaged';
import { crop, encode, maxDifference, type Picture, pictures, prepared, readPicture } from './pictures';
import { type Chunk, rowsOf, withChunks } from './pngStream';
import { test as smallTest } from './smallTiles';
import { layStandIn } from './standIn';
import {
  answerSaveDialog,
  chooseTool,
  expectClose,
  expectError,
  killHost,
  layerPicture,
  openPicture,
  ready,
  run,
  runUntilFirstTile,
  savedPicture,
} from './steps';
import { upscaleUntiled } from './untiled';

const slow = { timeout: 240_000 };
/** Side of a part of a layer that the window asks for at once (renderer/view/layerTiles.ts). */
const tileSide = 512;

/** A row of a picture in which no two places are alike. */
function madeRow(width: number, y: number): Buffer {
  const row = Buffer.alloc(3 * width);
  for (let x = 0, i = 0; x < width; x++) {
    row[i++] = 3 * x + y;
    row[i++] = x ^ y;
    row[i++] = (x * y) >> 6;
  }
  return row;
}

async function madePng(width: number, height: number, chunks: Chunk[] = []): Promise<Buffer> {
  const raw = Buffer.concat(Array.from({ length: height }, (_, y) => madeRow(width, y)));
  const png = await sharp(raw, { raw: { width, height, channels: 3 }, limitInputPixels: false })
    .png({ compressionLevel: 1 })
    .toBuffer();
  return withChunks(png, chunks);
}

/** Little-endian EXIF of two IFDs: a camera's make, and where the picture was taken. */
function exif(): Buffer {
  const entry = (tag: number, type: number, count: number, value: number): Buffer => {
    const bytes = Buffer.alloc(12);
    bytes.writeUInt16LE(tag, 0);
    bytes.writeUInt16LE(type, 2);
    bytes.writeUInt32LE(count, 4);
    bytes.writeUInt32LE(value, 8);
    return bytes;
  };
  const ifd = (...entries: Buffer[]): Buffer =>
    Buffer.concat([Buffer.from([entries.length, 0]), ...entries, Buffer.alloc(4)]);
  const at = 8 + 2 + 2 * 12 + 4;
  const gpsAt = at + make.length;
  return Buffer.concat([
    Buffer.from('II*\0\x08\0\0\0', 'latin1'),
    ifd(entry(0x010f, 2, make.length, at), entry(0x8825, 4, 1, gpsAt)),
    make,
    ifd(entry(2, 5, 3, gpsAt + 2 + 12 + 4)),
    place,
  ]);
}
const make = Buffer.from('Refit test camera\0', 'latin1');
/** The latitude as EXIF has it: degrees, minutes and seconds, each two numbers of 32 bits that are nowhere else in the files. */
const place = Buffer.from(Uint32Array.of(48_137, 1001, 11_575, 1003, 7_919, 1009).buffer);

/** The Display P3 profile of libvips. */
const profile = async (): Promise<Buffer> => {
  const { icc } = await sharp({ create: { width: 1, height: 1, channels: 3, background: '#000' } })
    .withIccProfile('p3')
    .png()
    .toBuffer()
    .then((png) => sharp(png).metadata());
  if (!icc) throw new Error('Expected a profile');
  return icc;
};

async function metadata(): Promise<Chunk[]> {
  const perMetre = Buffer.from([0, 0, 0x2e, 0x23, 0, 0, 0x2e, 0x23, 1]);
  return [
    { name: 'iCCP', data: Buffer.concat([Buffer.from('P3\0\0', 'latin1'), deflateSync(await profile())]) },
    { name: 'pHYs', data: perMetre },
    { name: 'eXIf', data: exif() },
    { name: 'tEXt', data: Buffer.from('Author\0Somebody', 'latin1') },
    { name: 'tEXt', data: Buffer.from('Comment\0caf\xe9', 'latin1') },
    { name: 'iTXt', data: Buffer.from('Title\0\0\0de\0Titel\0Größe', 'utf8') },
  ];
}

/** Opens a file by its name in main: Playwright cannot hand over one of 50 MB. */
async function openFile({ window }: RunningApp, file: string, size: string): Promise<void> {
  await window.getByTestId('file-input').setInputFiles(file);
  await expect(window.getByTestId('picture-size')).toContainText(size, slow);
}

/** Resident memory of the window's process, in bytes: now, and the most since this call. */
async function windowMemory({ app }: RunningApp): Promise<{ now(): Promise<number>; highest(): Promise<number> }> {
  const pid = await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.webContents.getOSProcessId());
  const field = async (name: string): Promise<number> => {
    const status = await readFile(`/proc/${pid}/status`, 'utf8');
    return Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) * 1024;
  };
  await writeFile(`/proc/${pid}/clear_refs`, '5');
  return { now: () => field('VmRSS'), highest: () => field('VmHWM') };
}

async function saveAs({ window, ...refit }: RunningApp, file: string): Promise<void> {
  await answerSaveDialog({ window, ...refit }, file);
  await window.getByTestId('save').click();
  const failure = window.locator('[data-testid="actions"]').getByTestId('error-inline');
  await expect(window.getByTestId('saved').or(failure)).toContainText(path.basename(file), slow);
  await expect(failure).toBeHidden();
}

test('a picture of 24 megapixels becomes one of 384, exactly, with all that it says of itself, and the window stays small', async ({
  copy,
  userDataDir,
}) => {
  test.skip(process.platform !== 'linux', 'Memory is read where Linux tells it.');
  test.setTimeout(900_000);
  const [width, height] = [6000, 4000];
  const chunks = await metadata();
  const file = path.join(userDataDir, 'large.png');
  await writeFile(file, await madePng(width, height, chunks));
  await layStandIn(copy, 1024);
  const refit = await copy.launch();
  const { window } = refit;
  await ready(refit);
  await chooseTool(refit, 'fast-x4');
  const memory = await windowMemory(refit);
  const empty = await memory.now();
  await openFile(refit, file, '6000 × 4000');
  await window.getByTestId('start').click();
  await expect(window.getByTestId('save')).toBeVisible(slow);
  await window.keyboard.press('1');
  await window.keyboard.press('0');

  const png = path.join(userDataDir, 'result.png');
  await saveAs(refit, png);
  const kept: Chunk[] = [];
  let y = 0;
  let expected: Buffer = Buffer.alloc(0);
  for await (const row of rowsOf(png, 4 * width, (chunk) => kept.push(chunk))) {
    if (y % 4 === 0) expected = enlarged(madeRow(width, y / 4));
    if (Buffer.compare(row, expected) !== 0) throw new Error(`Row ${y} is another`);
    y += 1;
  }
  expect(y).toBe(4 * height);
  const of = (all: Chunk[], name: string) => all.filter((chunk) => chunk.name === name).map(({ data }) => data);
  for (const name of ['pHYs', 'eXIf', 'tEXt', 'iTXt']) expect(of(kept, name), name).toEqual(of(chunks, name));
  const [icc = Buffer.alloc(0)] = of(kept, 'iCCP');
  expect(inflateSync(icc.subarray(icc.indexOf(0) + 2))).toEqual(await profile());

  const said = window.locator('[data-testid$="options"]').getByTestId('error-inline');
  // The panel says a format's limit as soon as it is chosen, and no dialog opens.
  await window.getByTestId('format-webp').click();
  await expectError(refit, 'FORMAT_TOO_SMALL');
  await expect(said).toContainText('WebP file, which has 16383 pixels a side at most');
  await expect(window.getByTestId('save')).toBeDisabled();
  await window.getByTestId('format-jpeg').click();
  await expect(said).toBeHidden();
  await window.getByTestId('size-width').click();
  await window.getByTestId('width').fill('65535');
  await expect(said).toContainText('JPEG file, which has 65500 pixels a side at most');
  await window.getByTestId('size-4').click();

  const jpeg = path.join(userDataDir, 'result.jpg');
  await saveAs(refit, jpeg);
  const reader = sharp(jpeg, { limitInputPixels: false });
  const told = await reader.metadata();
  expect([told.width, told.height]).toEqual([4 * width, 4 * height]);
  expect(told.icc).toEqual(await profile());
  expect(told.exif?.includes(exif())).toBe(true);
  const small = async (from: Sharp): Promise<Picture> => {
    const { data, info } = await from
      .extract({ left: 0, top: 0, width: 1024, height: 512 })
      .ensureAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true });
    return { width: info.width, height: info.height, data };
  };
  expectClose('JPEG of 384 megapixels', await small(reader), await small(sharp(png, { limitInputPixels: false })), 28);

  const grown = (await memory.highest()) - empty;
  console.log(`    the window grew by ${Math.round(grown / 2 ** 20)} MB at most`);
  expect(grown).toBeLessThan(400 * 2 ** 20);
});

/** A JPEG of colours that run smoothly across it: a small file however many pixels. */
const smoothJpeg = (file: string, width: number, height: number) =>
  sharp(Buffer.from([0, 0, 90, 255, 40, 0, 30, 255, 200, 220, 200, 255]), { raw: { width: 2, height: 2, channels: 3 } })
    .resize(width, height, { fit: 'fill', kernel: 'linear' })
    .jpeg({ quality: 90 })
    .toFile(file);

plainTest(
  'the largest picture goes through a tool and keeps its colours, the window stays small, and one row more is refused',
  async ({ refit, userDataDir }) => {
    plainTest.skip(process.platform !== 'linux', 'Memory is read where Linux tells it.');
    const [width, height] = [20_000, 10_000];
    expect(width * height).toBe(maxPixels);
    const { window } = refit;
    const file = path.join(userDataDir, 'largest.jpg');
    const larger = path.join(userDataDir, 'larger.jpg');
    await smoothJpeg(file, width, height);
    await smoothJpeg(larger, width, height + 1);
    await ready(refit);
    await chooseTool(refit, 'cut-out');
    const empty = await (await windowMemory(refit)).now();
    await window.getByTestId('file-input').setInputFiles(larger);
    await expectError(refit, 'PICTURE_TOO_LARGE');
    await openFile(refit, file, '20000 × 10000');
    // The window holds the whole picture only while Chromium decodes it; from here on it must have let go of it.
    const memory = await windowMemory(refit);
    await window.keyboard.press('0');
    await window.keyboard.press('1');
    await window.getByTestId('start').click();
    await expect(window.getByTestId('save')).toBeVisible(slow);
    const saved = path.join(userDataDir, 'result.png');
    await saveAs(refit, saved);
    const told = await sharp(saved, { limitInputPixels: false }).metadata();
    expect([told.width, told.height]).toEqual([width, height]);
    for (const top of [0, 4900, 9800]) {
      const strip = (from: string): Promise<Buffer> =>
        sharp(from, { limitInputPixels: false })
          .extract({ left: 0, top, width, height: 200 })
          .removeAlpha()
          .raw()
          .toBuffer();
      const [before, after] = [await strip(file), await strip(saved)];
      expect(after.length).toBe(before.length);
      let most = 0;
      for (let i = 0; i < after.length; i++) most = Math.max(most, Math.abs((after[i] ?? 0) - (before[i] ?? 0)));
      expect(most, `rows from ${top}`).toBeLessThanOrEqual(2);
    }
    const grown = (await memory.highest()) - empty;
    console.log(`    the window grew by ${Math.round(grown / 2 ** 20)} MB at most`);
    expect(grown).toBeLessThan(400 * 2 ** 20);
  },
);

/** Each pixel of a row four times. */
function enlarged(row: Buffer): Buffer {
  const to = Buffer.alloc(4 * row.length);
  for (let i = 0; i < to.length; i++) to[i] = row[3 * Math.floor(i / 12) + (i % 3)] as number;
  return to;
}

/** Reduces a picture by Lanczos over three lobes in linear light, as a reference written for this test. */
function reduced(picture: Picture, width: number, height: number): Picture {
  const toLinear = Float64Array.from({ length: 256 }, (_, i) =>
    i <= 10 ? i / 255 / 12.92 : ((i / 255 + 0.055) / 1.055) ** 2.4,
  );
  const sinc = (x: number): number => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));
  const weights = (from: number, to: number): [number, number][][] =>
    Array.from({ length: to }, (_, i) => {
      const ratio = from / to;
      const middle = (i + 0.5) * ratio - 0.5;
      const taps: [number, number][] = [];
      for (let at = Math.ceil(middle - 3 * ratio); at <= Math.floor(middle + 3 * ratio); at++) {
        const x = (at - middle) / ratio;
        taps.push([Math.min(Math.max(at, 0), from - 1), sinc(x) * sinc(x / 3)]);
      }
      const sum = taps.reduce((all, [, weight]) => all + weight, 0);
      return taps.map(([at, weight]) => [at, weight / sum]);
    });
  const across = new Float64Array(width * picture.height * 3);
  for (const [x, taps] of weights(picture.width, width).entries())
    for (let y = 0; y < picture.height; y++)
      for (const [at, weight] of taps)
        for (let c = 0; c < 3; c++) {
          const light = toLinear[picture.data[(y * picture.width + at) * 4 + c] as number] as number;
          const to = (y * width + x) * 3 + c;
          across[to] = (across[to] as number) + weight * light;
        }
  const data = Buffer.alloc(width * height * 4, 255);
  for (const [y, taps] of weights(picture.height, height).entries())
    for (let i = 0; i < width * 3; i++) {
      let light = 0;
      for (const [at, weight] of taps) light += weight * (across[at * width * 3 + i] as number);
      const value = light <= 0.0031308 ? 12.92 * light : 1.055 * light ** (1 / 2.4) - 0.055;
      data[(y * width + Math.floor(i / 3)) * 4 + (i % 3)] = Math.min(255, Math.max(0, Math.round(255 * value)));
    }
  return { width, height, data };
}

test('what is saved has the size that was chosen, and what it shows is the result, reduced in linear light', async ({
  copy,
}) => {
  await layStandIn(copy, 256);
  const refit = await copy.launch();
  const { window } = refit;
  await ready(refit);
  await chooseTool(refit, 'fast-x4');
  await openPicture(refit, await pictures['fast-x4'](), 'cat.png');
  await run(refit);
  const whole = await savedPicture(refit);
  expect([whole.width, whole.height]).toEqual([576, 384]);
  await window.getByTestId('size-2').click();
  await expect(window.getByTestId('output-size')).toHaveText('288 × 192');
  expectClose('×2', await savedPicture(refit), reduced(whole, 288, 192), 40);
  await window.getByTestId('size-width').click();
  await window.getByTestId('width').fill('250');
  await expect(window.getByTestId('output-size')).toHaveText('250 × 167');
  expectClose('250 wide', await savedPicture(refit), reduced(whole, 250, 167), 40);
});

const chunksOf = async (file: string, width: number): Promise<Chunk[]> => {
  const found: Chunk[] = [];
  for await (const _ of rowsOf(file, width, (chunk) => found.push(chunk)));
  return found;
};

test('metadata is saved or not, as its switch says; the colour profile always is', async ({ copy, userDataDir }) => {
  await layStandIn(copy, 256);
  const refit = await copy.launch();
  const { window } = refit;
  const file = path.join(userDataDir, 'facts.png');
  await writeFile(file, await madePng(64, 48, await metadata()));
  await ready(refit);
  await chooseTool(refit, 'fast-x4');
  await openFile(refit, file, '64 × 48');
  await run(refit);
  const out = path.join(userDataDir, 'out.png');
  await saveAs(refit, out);
  expect((await readFile(out)).includes(exif())).toBe(true);

  await window.getByTestId('keep-place').uncheck();
  await saveAs(refit, out);
  expect((await readFile(out)).includes(make)).toBe(true);
  expect((await readFile(out)).includes(place)).toBe(false);

  await window.getByTestId('keep-metadata').uncheck();
  await expect(window.getByTestId('keep-place')).toBeDisabled();
  await saveAs(refit, out);
  const names = (await chunksOf(out, 4 * 64)).map(({ name }) => name);
  expect(names).toContain('iCCP');
  expect(names.filter((name) => ['eXIf', 'tEXt', 'iTXt', 'zTXt'].includes(name))).toEqual([]);
});

plainTest('Blur faces leaves the place out unless the person wants it kept', async ({ refit, userDataDir }) => {
  const { window } = refit;
  await ready(refit);
  await chooseTool(refit, 'blur-faces');
  const file = path.join(userDataDir, 'face.png');
  const face = crop(await readPicture(prepared('blur-faces', 'astronaut.png')), {
    x: 100,
    y: 0,
    width: 256,
    height: 256,
  });
  await writeFile(file, withChunks(encode(face), [{ name: 'eXIf', data: exif() }]));
  await openFile(refit, file, '256 × 256');
  await run(refit);
  await expect(window.getByTestId('keep-place')).not.toBeChecked();
  const out = path.join(userDataDir, 'out.png');
  await saveAs(refit, out);
  expect((await readFile(out)).includes(make)).toBe(true);
  expect((await readFile(out)).includes(place)).toBe(false);
  await window.getByTestId('keep-place').check();
  await saveAs(refit, out);
  expect((await readFile(out)).includes(place)).toBe(true);
});

smallTest(
  'a window that is loaded anew in the middle of a job shows it grow on, and the result is whole',
  async ({ refit }) => {
    const { window } = refit;
    const coffee = crop(await readPicture(prepared('cut-out', 'coffee.png')), { x: 0, y: 0, width: 300, height: 200 });
    await ready(refit);
    await chooseTool(refit, 'fast-x4');
    await openPicture(refit, coffee);
    await runUntilFirstTile(refit);
    await window.reload();
    await ready(refit);
    await expect(window.getByTestId('tool-fast-x4')).toHaveAttribute('aria-current', 'true');
    await expect(window.getByTestId('result-canvas')).toBeVisible();
    await expect(window.getByTestId('save')).toBeVisible({ timeout: 90_000 });
    const result = await layerPicture(refit, 'result');
    expectClose('after a reload', result, await upscaleUntiled('fast-x4', coffee), 45);
    expect(maxDifference(await savedPicture(refit), result)).toBe(0);
  },
);

/** A pixel, with alpha, of what the window shows. */
const shownPixel = ({ window }: RunningApp, layer: 'original' | 'result'): Promise<number[]> =>
  window.getByTestId(`${layer}-canvas`).evaluate((element) => {
    const canvas = element as HTMLCanvasElement;
    const { data } = canvas
      .getContext('2d')
      ?.getImageData(Math.floor(canvas.width / 2), Math.floor(canvas.height / 2), 1, 1) ?? { data: [] };
    return [...data];
  });

plainTest(
  'a picture host that is killed comes back: what is looked at shows all the same',
  async ({ refit, userDataDir }) => {
    const { window } = refit;
    await ready(refit);
    await chooseTool(refit, 'cut-out');
    const file = path.join(userDataDir, 'made.png');
    await writeFile(file, await madePng(3000, 2000));
    await openFile(refit, file, '3000 × 2000');
    await expect.poll(async () => (await shownPixel(refit, 'original'))[3]).toBe(255);
    await killHost(refit, 'Refit picture host');
    // Shows tiles that were not asked for yet.
    await window.keyboard.press('1');
    const middle = madeRow(3000, 1000).subarray(3 * 1500, 3 * 1500 + 3);
    const near = async (): Promise<boolean> =>
      (await shownPixel(refit, 'original')).slice(0, 3).every((value, i) => Math.abs(value - (middle[i] ?? 0)) < 8);
    await expect.poll(near, { timeout: 30_000 }).toBe(true);
    await expect(window.getByTestId('error-inline')).toBeHidden();
  },
);

test('a picture host that is killed while it saves: said, no half file, and saved at the next try', async ({
  copy,
  userDataDir,
}) => {
  await layStandIn(copy, 1024);
  const refit = await copy.launch();
  const { window } = refit;
  const file = path.join(userDataDir, 'made.png');
  await writeFile(file, await madePng(3000, 1000));
  await ready(refit);
  await chooseTool(refit, 'fast-x4');
  await openFile(refit, file, '3000 × 1000');
  await window.getByTestId('start').click();
  await expect(window.getByTestId('save')).toBeVisible(slow);
  const folder = path.join(userDataDir, 'out');
  await mkdir(folder);
  const out = path.join(folder, 'mine.png');
  await answerSaveDialog(refit, out);
  await window.getByTestId('save').click();
  await expect(window.getByTestId('save')).toHaveText(/Saving… \d+ %/);
  await killHost(refit, 'Refit picture host');
  await expectError(refit, 'SAVE_FAILED');
  await expect(window.locator('[data-testid="actions"]').getByTestId('error-inline')).toContainText(
    'mine.png could not be saved',
  );
  expect(await readdir(folder)).toEqual([]);
  await saveAs(refit, out);
  expect(await readdir(folder)).toEqual(['mine.png']);
  await expect(window.locator('[data-testid="actions"]').getByTestId('error-inline')).toBeHidden();
});

test('a save can be stopped, and leaves nothing', async ({ copy, userDataDir }) => {
  await layStandIn(copy, 1024);
  const refit = await copy.launch();
  const { window } = refit;
  const file = path.join(userDataDir, 'made.png');
  await writeFile(file, await madePng(6000, 2000));
  await ready(refit);
  await chooseTool(refit, 'fast-x4');
  await openFile(refit, file, '6000 × 2000');
  await window.getByTestId('start').click();
  await expect(window.getByTestId('save')).toBeVisible(slow);
  const folder = path.join(userDataDir, 'out');
  await mkdir(folder);
  await answerSaveDialog(refit, path.join(folder, 'mine.png'));
  await window.getByTestId('save').click();
  await expect(window.getByTestId('save')).toHaveText(/Saving… \d+ %/);
  await refit.screenshot('saving');
  await window.getByTestId('cancel-save').click();
  await expect(window.getByTestId('save')).toHaveText('Save picture…');
  await expect(window.locator('[data-testid="actions"]').getByTestId('error-inline')).toBeHidden();
  expect(await readdir(folder)).toEqual([]);
});

/** Records the views that the window asks main for from here on. */
async function listenToViews({ app }: RunningApp): Promise<void> {
  await app.evaluate(({ ipcMain, BrowserWindow }) => {
    const asked: unknown[] = [];
    Object.assign(globalThis, { asked });
    const window = BrowserWindow.getAllWindows()[0]?.webContents;
    for (const ipc of [ipcMain, window?.ipc, window?.mainFrame.ipc]) {
      const handlers: unknown = ipc && Reflect.get(ipc, '_invokeHandlers');
      const handler: unknown = handlers instanceof Map ? handlers.get('view') : undefined;
      if (!(handlers instanceof Map) || typeof handler !== 'function') continue;
      handlers.set('view', (event: unknown, args: unknown) => {
        asked.push(args);
        return handler(event, args);
      });
      return;
    }
    throw new Error('Nobody listens to views');
  });
}

interface Asked {
  layer: string;
  region: { x: number; y: number; width: number; height: number };
}

plainTest(
  'dragging a large picture asks for each tile that comes into sight once, and for no other',
  async ({ refit, userDataDir }) => {
    const { app, window } = refit;
    await ready(refit);
    const contents = await app.browserWindow(window);
    await contents.evaluate((shown) => shown.setContentSize(1440, 900));
    await chooseTool(refit, 'cut-out');
    const file = path.join(userDataDir, 'made.png');
    await writeFile(file, await madePng(6000, 4000));
    await openFile(refit, file, '6000 × 4000');
    await window.keyboard.press('1');
    const stage = await window.getByTestId('stage').boundingBox();
    if (!stage) throw new Error('No stage');
    /** The part of the picture on the stage, in its pixels. */
    const seen = async () => {
      const frame = await window.getByTestId('frame').boundingBox();
      if (!frame) throw new Error('No frame');
      const [x, y] = [stage.x - frame.x, stage.y - frame.y];
      return { x, y, right: x + stage.width, bottom: y + stage.height };
    };
    const askedFor = (): Promise<Asked[]> => app.evaluate(() => (globalThis as unknown as { asked: Asked[] }).asked);
    const shows = async (): Promise<boolean> => {
      const { x, y } = await seen();
      const [px, py] = [Math.floor(x + stage.width / 2), Math.floor(y + stage.height / 2)];
      const row = madeRow(6000, py);
      return (await shownPixel(refit, 'original'))
        .slice(0, 3)
        .every((value, i) => Math.abs(value - (row[3 * px + i] ?? 0)) < 8);
    };
    await expect.poll(shows).toBe(true);
    await listenToViews(refit);
    const from = await seen();
    await window.mouse.move(stage.x + 600, stage.y + 500);
    await window.mouse.down();
    for (let step = 1; step <= 60; step++) await window.mouse.move(stage.x + 600 - 9 * step, stage.y + 500 - 7 * step);
    await window.mouse.up();
    await expect.poll(shows).toBe(true);
    const to = await seen();
    expect(to.x - from.x).toBeCloseTo(540, 0);
    const asked = await askedFor();
    expect(asked.length).toBeGreaterThan(0);
    const keys = asked.map(({ layer, region }) => `${layer} ${region.x} ${region.y}`);
    expect(new Set(keys).size).toBe(keys.length);
    for (const { layer, region } of asked) {
      expect(layer).toBe('original');
      expect(region.width).toBeLessThanOrEqual(tileSide);
      // The tile came into sight: it lies in the last part that was seen or on the way there, not in the first.
      expect(region.x).toBeLessThan(to.right + 1);
      expect(region.y).toBeLessThan(to.bottom + 1);
      expect(region.x + region.width > from.right || region.y + region.height > from.bottom).toBe(true);
      expect(region.x >= from.right - 1 || region.y >= from.bottom - 1).toBe(true);
    }
    // No canvas is larger than the stage.
    const sizes = await window
      .locator('canvas')
      .evaluateAll((all) => (all as HTMLCanvasElement[]).map(({ width, height }) => [width, height]));
    const ratio = await window.evaluate(() => devicePixelRatio);
    for (const [wide = 0, high = 0] of sizes) {
      expect(wide).toBeLessThanOrEqual(stage.width * ratio + 1);
      expect(high).toBeLessThanOrEqual(stage.height * ratio + 1);
    }
  },
);

/** What an entry of /proc/<pid>/fd stands for; '' where it was closed meanwhile. */
function linkOf(file: string): string {
  try {
    return readlinkSync(file);
  } catch {
    return '';
  }
}

plainTest('leaves no picture behind in memory files', async ({ refit }) => {
  plainTest.skip(process.platform !== 'linux', 'Elsewhere files keep their names.');
  await ready(refit);
  await openPicture(refit, await pictures['fast-x4']());
  const pid = refit.app.process().pid ?? 0;
  const name = `refit-picture-${pid}-`;
  // The picture that is open lies in such a file, whose name is gone.
  const opened = readdirSync(`/proc/${pid}/fd`).map((fd) => linkOf(`/proc/${pid}/fd/${fd}`));
  expect(opened.filter((file) => file.includes(name)).length).toBeGreaterThan(0);
  expect(readdirSync('/dev/shm').filter((file) => file.startsWith(name))).toEqual([]);
});
