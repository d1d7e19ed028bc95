import disk, { mkdir, mkdtemp, open, readdir, readFile, rm, stat } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { constants, deflateSync, inflateSync } from 'node:zlib';
import { PNG } from 'pngjs';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PictureMetadata, readMetadata } from '../../app/metadata';
import { bytesOf, exampleExif, exampleIcc, exampleXmp, exifPlaces, noMetadata } from '../../app/metadata.fixture';
import { formatRefusal } from '../../app/pictureLimits';
import type { MappedPicture, PixelsBinding } from '../../native/pixels';
import { crc32, crc32InScript, joinAdler32 } from './checksum';
import { type EncodeTask, encode } from './encode';
import { adler32, examplePixels, pixels, writePicture } from './pixels.fixture';
import { PngStrips } from './png';
import { PngAhead } from './pngAhead';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'refit-encode-'));
  await mkdir(path.join(folder, 'scratch'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

let made = 0;
const fresh = (end: string) => path.join(folder, `${made++}.${end}`);
const never = new AbortController().signal;
const nothing = () => undefined;

async function task(width: number, height: number, change: Partial<EncodeTask> = {}): Promise<EncodeTask> {
  const picture = await writePicture(fresh('v'), width, height, examplePixels(width, height, 3));
  const format = change.format ?? 'png';
  return {
    picture,
    format,
    quality: 93,
    size: { width, height },
    metadata: null,
    dropPlace: false,
    file: fresh(format),
    scratch: path.join(folder, 'scratch'),
    ...change,
  };
}

async function save(asked: EncodeTask): Promise<Buffer> {
  const { bytes } = await encode(asked, pixels, nothing, never);
  const file = await readFile(asked.file);
  expect(file.length).toBe(bytes);
  return file;
}

/** What a PNG's stream holds: each row behind the number of its filter. */
function filteredRows(png: Buffer): Buffer {
  const packed: Buffer[] = [];
  for (let at = 8; at < png.length; ) {
    const length = png.readUInt32BE(at);
    if (png.toString('latin1', at + 4, at + 8) === 'IDAT') packed.push(png.subarray(at + 8, at + 8 + length));
    at += 12 + length;
  }
  return inflateSync(Buffer.concat(packed));
}

/** One that readers believe: sharp's own Display P3. */
async function rgbProfile(): Promise<Uint8Array> {
  const file = await sharp({ create: { width: 1, height: 1, channels: 3, background: '#fff' } })
    .withIccProfile('p3')
    .webp()
    .toBuffer();
  return (await readMetadata('webp', file)).icc ?? new Uint8Array();
}

describe('a PNG', () => {
  it.each([
    [1, 1],
    [1, 999],
    [313, 77],
    // More than a strip, and a row that is more than a strip.
    [1501, 1003],
    [800_000, 3],
  ])('of %i × %i pixels has exactly these', async (width, height) => {
    const asked = await task(width, height);
    const { data, info } = await sharp(await save(asked), { limitInputPixels: false })
      .raw()
      .toBuffer({
        resolveWithObject: true,
      });
    expect(info).toMatchObject({ width, height, channels: 3 });
    expect(data.equals(examplePixels(width, height, 3))).toBe(true);
  });

  it('looks for runs alone in what a photograph leaves, and for matches in print', async () => {
    // Grain, and then a pattern of letters, each of several strips.
    const [width, height] = [1501, 1000];
    const letters = examplePixels(64, 16, 3);
    const both = Buffer.alloc(width * height * 3);
    let grain = 1;
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width * 3; x++) {
        grain = (Math.imul(grain, 1_103_515_245) + 12_345) >>> 0;
        const noise = ((grain >>> 16) & 7) + ((grain >>> 20) & 7);
        both[y * width * 3 + x] =
          y < height / 2
            ? ((x + y) >> 4) + noise
            : (letters[((y % 16) * 64 * 3 + (x % (64 * 3))) % letters.length] ?? 0);
      }
    const picture = await writePicture(fresh('v'), width, height, both);
    const file = await save(await task(width, height, { picture }));
    expect((await sharp(file).raw().toBuffer()).equals(both)).toBe(true);
    const filtered = filteredRows(file);
    const matches = deflateSync(filtered, { level: 3, memLevel: 9 });
    const runs = deflateSync(filtered, { level: 3, memLevel: 9, strategy: constants.Z_RLE });
    expect(file.length).toBeLessThan(0.99 * matches.length);
    expect(file.length).toBeLessThan(0.99 * runs.length);
  });

  it('has alpha where the picture has', async () => {
    const opacity = examplePixels(50, 40, 1);
    const asked = await task(50, 40, { alpha: await writePicture(fresh('v'), 50, 40, opacity) });
    const { data } = PNG.sync.read(await save(asked));
    const bytes = [...data];
    expect(bytes.filter((_, i) => i % 4 === 3)).toEqual([...opacity]);
    expect(bytes.filter((_, i) => i % 4 !== 3)).toEqual([...examplePixels(50, 40, 3)]);
  });

  it('is the same whether its strips were made beforehand, in a file, or as it was saved', async () => {
    const asked = await task(1501, 1003);
    const whole = await save(asked);
    const picture = pixels.openPicture({ ...asked.picture, channels: 3 }, 'read');
    const strips = new PngStrips(picture, null, pixels, { spool: folder, parallel: 1 });
    for (const rows of [100, 600, 650, 1003]) strips.rowsReady(rows);
    const target = fresh('png');
    const file = await open(target, 'w');
    await strips.write(file, { texts: [] }, nothing, never);
    await strips.close();
    await file.close();
    expect((await readFile(target)).equals(whole)).toBe(true);
    expect((await readdir(folder)).filter((name) => name.includes('strips-'))).toEqual([]);
  });

  it.each([3, 4])('is the same where it was begun while its tiles came, in %i channels', async (channels) => {
    const alpha = channels === 4 ? await writePicture(fresh('v'), 300, 200, examplePixels(300, 200, 1)) : undefined;
    const asked = await task(1501, 1003, alpha && { alpha });
    const whole = await save(asked);
    const ahead = new PngAhead(() => pixels);
    const layer = {
      picture: { ...asked.picture, channels: 3 as const },
      ...(alpha && { alpha: { ...alpha, channels: 1 as const } }),
    };
    for (const rows of [100, 600, 1003]) await ahead.rowsReady(layer, rows);
    const file = fresh('png');
    const taken: unknown[] = [];
    const take: PngAhead['take'] = (of) => {
      const strips = ahead.take(of);
      taken.push(strips);
      return strips;
    };
    await encode({ ...asked, file }, pixels, nothing, never, { take });
    expect(taken).toEqual([expect.anything()]);
    expect((await readFile(file)).equals(whole)).toBe(true);
    expect(ahead.take(layer)).toBeUndefined();
  });

  it.each([0, 3_000_000])('is the same where the spool has room for %i bytes', async (maxSpoolBytes) => {
    const asked = await task(1501, 2003);
    const whole = await save(asked);
    const picture = pixels.openPicture({ ...asked.picture, channels: 3 }, 'read');
    const strips = new PngStrips(picture, null, pixels, { spool: folder, parallel: 2, maxSpoolBytes });
    strips.rowsReady(2003);
    await new Promise((resolve) => setTimeout(resolve, 100));
    const target = fresh('png');
    const file = await open(target, 'w');
    await strips.write(file, { texts: [] }, nothing, never);
    await strips.close();
    await file.close();
    picture.close();
    expect((await readFile(target)).equals(whole)).toBe(true);
  });

  it('begun beforehand is let go with its picture, or when its rows do not hold any more', async () => {
    const asked = await task(50, 40);
    const ahead = new PngAhead(() => pixels);
    const layer = { picture: { ...asked.picture, channels: 3 as const } };
    await ahead.rowsReady(layer, 40);
    await ahead.forget(asked.picture.file);
    expect(ahead.take(layer)).toBeUndefined();
    await ahead.rowsReady(layer, 40);
    await ahead.rowsReady(layer, 0);
    expect(ahead.take(layer)).toBeUndefined();
  });

  it('is begun once where more rows come while the one before is let go', async () => {
    const [first, second] = [await task(50, 40), await task(50, 40)];
    const open: string[] = [];
    const watched = {
      ...pixels,
      openPicture: (facts) => {
        open.push(facts.file);
        return { ...pixels.openPicture(facts, 'read'), close: () => open.splice(open.indexOf(facts.file), 1) };
      },
      pngRows: () => new Promise((resolve) => setImmediate(() => resolve(new Uint8Array(40 * 151)))),
    } as Pick<PixelsBinding, 'openPicture' | 'pngRows'> as PixelsBinding;
    const ahead = new PngAhead(() => watched);
    const layerOf = ({ picture }: EncodeTask) => ({ picture: { ...picture, channels: 3 as const } });
    await ahead.rowsReady(layerOf(first), 40);
    await Promise.all([ahead.rowsReady(layerOf(second), 20), ahead.rowsReady(layerOf(second), 40)]);
    expect(open).toEqual([second.picture.file]);
    await ahead.forget(second.picture.file);
    expect(open).toEqual([]);
  });

  it('reads no row before it is there, and has few strips in memory', async () => {
    const asked: number[] = [];
    let atWork = 0;
    let most = 0;
    const picture = { width: 1000, height: 20_000, channels: 3 } as MappedPicture;
    const watched = {
      pngRows: async (_: MappedPicture, __: MappedPicture | null, y: number, rows: number) => {
        asked.push(y + rows);
        most = Math.max(most, ++atWork);
        await new Promise(setImmediate);
        atWork--;
        return new Uint8Array(rows * 3001);
      },
      adler32: pixels.adler32,
    };
    const strips = new PngStrips(picture, null, watched, { spool: folder, parallel: 1 });
    strips.rowsReady(1500);
    strips.rowsReady(1500);
    await strips.close();
    expect(Math.max(...asked)).toBeLessThanOrEqual(1500);
    expect(most).toBe(1);
  });

  it('of another size is resampled in linear light', async () => {
    const checks = Uint8Array.from(
      { length: 64 * 64 * 3 },
      (_, i) => ((Math.floor(i / 3) + Math.floor(i / 192)) % 2) * 255,
    );
    const picture = await writePicture(fresh('v'), 64, 64, checks);
    const { data } = PNG.sync.read(await save({ ...(await task(64, 64)), picture, size: { width: 16, height: 16 } }));
    // Half the light of white is 188, not 128.
    expect(Math.abs((data[(8 * 16 + 8) * 4] ?? 0) - 188)).toBeLessThanOrEqual(2);
  });
});

describe.each(['jpeg', 'webp'] as const)('a %s', (format) => {
  it('looks like the picture, of any size asked for', async () => {
    const smooth = Uint8Array.from({ length: 90 * 60 * 3 }, (_, i) => Math.floor(i / 3) % 90);
    const asked = await task(90, 60, { format, picture: await writePicture(fresh('v'), 90, 60, smooth) });
    const same = await sharp(await save(asked))
      .removeAlpha()
      .raw()
      .toBuffer();
    const error = same.reduce((sum, value, i) => sum + Math.abs(value - (smooth[i] ?? 0)), 0) / same.length;
    expect(error).toBeLessThan(3);
    const larger = await save({ ...asked, file: fresh(format), size: { width: 133, height: 51 } });
    expect(await sharp(larger).metadata()).toMatchObject({ width: 133, height: 51 });
  });

  it('hears its quality', async () => {
    const low = await save(await task(200, 200, { format, quality: 30 }));
    const high = await save(await task(200, 200, { format, quality: 95 }));
    expect(high.length).toBeGreaterThan(low.length * 1.5);
  });

  it('leaves nothing behind when it is aborted', async () => {
    const abort = new AbortController();
    const asked = await task(1500, 1500, { format });
    const saving = encode(asked, pixels, nothing, abort.signal);
    const enough = new Error('enough');
    setTimeout(() => abort.abort(enough), 30);
    await expect(saving).rejects.toBe(enough);
    await expect.poll(() => readdir(path.join(folder, 'scratch')), { timeout: 20_000 }).toEqual([]);
    expect((await stat(asked.file)).size).toBe(0);
  });
});

describe.each(['png', 'jpeg', 'webp'] as const)('what a %s says beside its pixels', (format) => {
  const metadata: PictureMetadata = {
    ...noMetadata,
    exif: exampleExif('MM'),
    xmp: bytesOf(exampleXmp()),
    density: { x: 118, y: 118, unit: 'cm' },
    texts: [
      format === 'jpeg'
        ? { kind: 'COM', keyword: '', bytes: bytesOf('a comment') }
        : { kind: 'tEXt', keyword: 'Author', bytes: bytesOf('Author\0Me') },
    ],
  };

  it('is what the picture that it came from said, byte for byte', async () => {
    const icc = await rgbProfile();
    const file = await save(await task(30, 20, { format, metadata: { ...metadata, icc } }));
    const read = await readMetadata(format, file);
    expect(read).toMatchObject({ icc, isDisplayP3: true, xmp: metadata.xmp, dropped: [] });
    if (format !== 'webp') expect(read).toMatchObject({ density: metadata.density, texts: metadata.texts });
    expect(read.exif?.subarray(...exifPlaces.note)).toEqual(metadata.exif?.subarray(...exifPlaces.note));
    expect(read.exif?.subarray(...exifPlaces.latitude)).toEqual(metadata.exif?.subarray(...exifPlaces.latitude));
    expect(read.exif?.includes(0xee)).toBe(false);
    // Another reader's word that the file is sound.
    const seen = await sharp(file).metadata();
    expect(seen).toMatchObject({ format, width: 30, height: 20, orientation: 1 });
    expect(seen.icc?.equals(icc)).toBe(true);
    expect(seen.xmp?.equals(metadata.xmp ?? new Uint8Array())).toBe(true);
    await sharp(file).raw().toBuffer();
  });

  it('is without the place where that is asked for', async () => {
    const read = await readMetadata(format, await save(await task(30, 20, { format, metadata, dropPlace: true })));
    expect(read.exif?.subarray(...exifPlaces.latitude).every((byte) => byte === 0)).toBe(true);
  });

  it('is nothing that may hold another picture or a name, of one that hides people', async () => {
    const mark = 'PRIVATE-FACE-HERE!!!';
    const exif = exampleExif('MM');
    exif.set(bytesOf(mark), exifPlaces.note[0]);
    const xmp = bytesOf(
      exampleXmp().replace('</rdf:Description>', `<xmpGImg:image>${mark}</xmpGImg:image></rdf:Description>`),
    );
    const texts = metadata.texts.map((text) => ({ ...text, bytes: bytesOf(`Thumb\0${mark}`) }));
    const hiding = { ...metadata, exif, xmp, texts, iptc: bytesOf(`8BIM${mark}`), xmpExtension: bytesOf(mark) };
    const file = await save(await task(30, 20, { format, metadata: hiding, dropCopies: true }));
    expect(Buffer.from(file).includes(mark)).toBe(false);
    const read = await readMetadata(format, file);
    expect(read).toMatchObject({ texts: [] });
    expect([read.xmp, read.iptc]).toEqual([undefined, undefined]);
    expect(read.exif?.subarray(370, 376)).toEqual(exif.subarray(370, 376));
  });

  it('is without a profile that is not for RGB', async () => {
    const icc = exampleIcc('Ink');
    icc.set(Buffer.from('CMYK'), 16);
    const asked = await task(3, 2, { format, metadata: { ...noMetadata, icc } });
    expect((await readMetadata(format, await save(asked))).icc).toBeUndefined();
  });
});

it('a JPEG holds a large profile in pieces', async () => {
  const icc = new Uint8Array(150_000).map((_, i) => i >> 3);
  icc.set(exampleIcc('Large'));
  icc.set(Buffer.from('RGB '), 16);
  const file = await save(await task(3, 2, { format: 'jpeg', metadata: { ...noMetadata, icc } }));
  expect((await readMetadata('jpeg', file)).icc).toEqual(icc);
});

it('a picture is saved although its unfinished files cannot be removed', async () => {
  const asked = await task(3, 2, { format: 'webp', scratch: await mkdtemp(path.join(folder, 'held-')) });
  const { rm: real } = disk;
  disk.rm = () => Promise.reject(Object.assign(new Error('EBUSY'), { code: 'EBUSY' }));
  syncBuiltinESMExports();
  try {
    expect((await sharp(await save(asked)).metadata()).width).toBe(3);
  } finally {
    disk.rm = real;
    syncBuiltinESMExports();
  }
});

describe('what cannot be saved', () => {
  it.each(['jpeg', 'webp', 'png'] as const)('is told in words where the disk is full (%s)', async (format) => {
    // Refuses every byte, as a full disk does.
    const asked = await task(300, 200, { format, file: '/dev/full' });
    await expect(encode(asked, pixels, nothing, never)).rejects.toMatchObject({ code: 'DISK_FULL' });
  });

  it('is told in words where the picture is gone', async () => {
    const asked = await task(30, 20, { format: 'jpeg' });
    await rm(asked.picture.file);
    await expect(encode(asked, pixels, nothing, never)).rejects.toMatchObject({ code: 'SAVE_FAILED' });
  });

  it.each([
    ['webp', 16_383],
    ['jpeg', 65_500],
    ['png', 1_000_000],
  ] as const)('as %s ends at %i pixels a side', async (format, side) => {
    expect(formatRefusal(format, side, 1)).toBeNull();
    expect(formatRefusal(format, 1, side + 1)).toMatchObject({ code: 'FORMAT_TOO_SMALL' });
    const asked = await task(1, 1, { format, size: { width: side + 1, height: 1 } });
    await expect(encode(asked, pixels, nothing, never)).rejects.toMatchObject({ report: { code: 'FORMAT_TOO_SMALL' } });
    if (format === 'png') return;
    // The bound is the library's own.
    const widest = await task(side, 1, { format });
    expect(await sharp(await save(widest)).metadata()).toMatchObject({ width: side, height: 1 });
  });
});

describe('the checks', () => {
  const bytes = examplePixels(100, 333, 3);
  it('are the same in script as in zlib', async () => {
    for (const length of [0, 1, 7, 8, 9, bytes.length]) {
      const part = bytes.subarray(0, length);
      expect(crc32InScript(part)).toBe(crc32(part));
    }
    expect(crc32InScript(bytes.subarray(100), crc32InScript(bytes.subarray(0, 100)))).toBe(crc32InScript(bytes));
  });
  it.each([0, 1, 65_521, 99_000])('of two pieces join at %i', (at) => {
    const [first, second] = [bytes.subarray(0, at), bytes.subarray(at)];
    expect(joinAdler32(adler32(first), adler32(second), second.length)).toBe(adler32(bytes));
  });
});
