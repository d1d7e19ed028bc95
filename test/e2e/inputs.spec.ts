/** Pictures as people have them (odd, turned, animated, in wide colours) open with the right pixels; a note says what is left out. */
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { test as base, expect, type RunningApp } from './app';
import { maxDifference, type Picture } from './pictures';
import { loadAnew, shareApp } from './sharedApp';
import { chooseFile, chooseTool, expectError, layerPicture, openPicture, run, save } from './steps';

const test = shareApp(base);

const [width, height] = [37, 23];
/** Pixels of which no two near ones are alike, turned or not. */
const rgb = Buffer.from(Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * 7919) % 251));
const stored = () => sharp(rgb, { raw: { width, height, channels: 3 } });
const smooth = () => stored().resize(160, 120, { kernel: 'cubic' });

async function pixelsOf(image: Sharp): Promise<Picture> {
  const { data, info } = await image.ensureAlpha().raw().toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, data };
}

/** Opens a file after one of another size, so that the size shows that this one was opened. */
async function opened(refit: RunningApp, name: string, bytes: Buffer): Promise<Picture> {
  await openPicture(refit, { width: 7, height: 5, data: Buffer.alloc(140, 255) }, 'before.png');
  await chooseFile(refit, name, bytes);
  await expect(refit.window.getByTestId('picture-size')).not.toContainText('7 × 5');
  await expect(refit.window.getByTestId('start')).toBeEnabled();
  return layerPicture(refit, 'original');
}

const notes = ({ window }: RunningApp) => window.getByTestId('picture-notes');

/** Puts bytes behind the first segment. */
function behindFirstSegment(jpeg: Buffer, bytes: number[]): Buffer {
  const at = 4 + jpeg.readUInt16BE(4);
  return Buffer.concat([jpeg.subarray(0, at), Buffer.from(bytes), jpeg.subarray(at)]);
}

test('opens JPEGs with oddities that decoders pass over, and says where the end is missing', async ({ refit }) => {
  await loadAnew(refit);
  const jpeg = await smooth().jpeg({ quality: 95 }).withMetadata({ density: 300 }).toBuffer();
  const progressive = await smooth().jpeg({ quality: 95, progressive: true }).toBuffer();
  const thumbnail = [
    0xff,
    0xe7,
    0,
    21,
    ...jpeg.subarray(jpeg.indexOf(Buffer.of(0xff, 0xc0)), jpeg.indexOf(Buffer.of(0xff, 0xc0)) + 19),
  ];
  const plain = await opened(refit, 'plain.jpg', jpeg);
  const plainProgressive = await opened(refit, 'progressive.jpg', progressive);
  const odd: [what: string, bytes: Buffer, like: Picture, note: RegExp | null][] = [
    [
      'a segment whose FF is lost',
      behindFirstSegment(jpeg, [0, 0xe1, 0, 16, ...Array<number>(14).fill(0)]),
      plain,
      null,
    ],
    ['zeros', behindFirstSegment(jpeg, [0, 0, 0]), plain, null],
    ['fill bytes', behindFirstSegment(jpeg, [0xff, 0xff, 0xff]), plain, null],
    ['a frame within APP7', behindFirstSegment(jpeg, thumbnail), plain, null],
    ['an empty APP9', behindFirstSegment(jpeg, [0xff, 0xe9, 0, 2]), plain, null],
    ['no end', jpeg.subarray(0, -2), plain, /end of this file is missing/],
    ['half an end', jpeg.subarray(0, -1), plain, /end of this file is missing/],
    ['no end of a progressive one', progressive.subarray(0, -2), plainProgressive, /end of this file is missing/],
  ];
  for (const [what, bytes, like, note] of odd)
    await test.step(what, async () => {
      expect(maxDifference(await opened(refit, 'odd.jpg', bytes), like)).toBe(0);
      if (note) await expect(notes(refit)).toContainText(note);
      else await expect(notes(refit)).toBeHidden();
    });
  for (const [what, bytes] of [
    ['two thirds', jpeg.subarray(0, Math.round((jpeg.length * 2) / 3))],
    ['without its last row', jpeg.subarray(0, -150)],
  ] as const)
    await test.step(what, async () => {
      await openPicture(refit, plain);
      await chooseFile(refit, 'cut.jpg', bytes);
      await expectError(refit, 'PICTURE_UNREADABLE');
      await expect(refit.window.getByTestId('error-inline')).toContainText('A part of cut.jpg is missing.');
    });
});

test('opens PNG and WebP whose end is missing or wrong, and says so', async ({ refit }) => {
  await loadAnew(refit);
  const source = await pixelsOf(stored());
  const png = await stored().png().toBuffer();
  const webp = await stored().webp({ lossless: true }).toBuffer();
  const riff = (size: number) => {
    const copy = Buffer.from(webp);
    copy.writeUInt32LE(size, 4);
    return copy;
  };
  for (const [what, bytes] of [
    ['a PNG without IEND', png.subarray(0, -12)],
    ['a PNG with half of IEND', png.subarray(0, -5)],
    ['a WebP that says it is longer', riff(webp.length + 1000)],
    ['a WebP that says it is shorter', riff(40)],
    ['a WebP that says nothing', riff(0)],
  ] as const)
    await test.step(what, async () => {
      expect(maxDifference(await opened(refit, what, bytes), source)).toBe(0);
      await expect(notes(refit)).toContainText('end of this file is missing');
    });
});

test('turns JPEG, PNG and WebP by all eight orientations, and saves them upright', async ({ refit, userDataDir }) => {
  test.slow();
  await loadAnew(refit);
  for (const format of ['jpeg', 'png', 'webp'] as const)
    for (let orientation = 1; orientation <= 8; orientation++)
      await test.step(`${format} ${orientation}`, async () => {
        const encoded =
          format === 'jpeg'
            ? stored().jpeg({ quality: 100, chromaSubsampling: '4:4:4' })
            : format === 'png'
              ? stored().png()
              : stored().webp({ lossless: true });
        const bytes = await encoded.withMetadata({ orientation }).toBuffer();
        const shown = await opened(refit, `turned.${format}`, bytes);
        const upright = await pixelsOf(sharp(bytes).rotate());
        expect([shown.width, shown.height]).toEqual([upright.width, upright.height]);
        // Of JPEG two decoders may round differently.
        expect(maxDifference(shown, upright)).toBeLessThanOrEqual(format === 'jpeg' ? 3 : 0);
      });
  await chooseTool(refit, 'fast-x4');
  await run(refit);
  const saved = sharp(await save(refit, path.join(userDataDir, 'turned.png')));
  expect(await saved.metadata()).toMatchObject({ width: height * 4, height: width * 4, orientation: 1 });
});

test('takes the first frame of animations, and says so', async ({ refit }) => {
  await loadAnew(refit);
  const frames = Buffer.concat([rgb, Buffer.alloc(rgb.length, 9)]);
  const webp = await sharp(frames, { raw: { width, height: height * 2, channels: 3, pageHeight: height } as never })
    .webp({ lossless: true, loop: 0, delay: [100, 100] })
    .toBuffer();
  expect(webp.includes('ANMF')).toBe(true);
  expect(maxDifference(await opened(refit, 'moving.webp', webp), await pixelsOf(stored()))).toBe(0);
  await expect(notes(refit)).toContainText('This is an animation. Its first frame is used.');
});

test('keeps wide and other colours with their profile, and says what it converts', async ({ refit, userDataDir }) => {
  await loadAnew(refit);
  const wide = await stored().withIccProfile('p3', { attach: true }).png().toBuffer();
  const raw = await pixelsOf(sharp(await stored().png().toBuffer()));
  const { icc } = await sharp(wide).metadata();
  const numbers = await sharp(wide, { ignoreIcc: true } as never)
    .ensureAlpha()
    .raw()
    .toBuffer();
  const shown = await opened(refit, 'wide.png', wide);
  expect(maxDifference(shown, { ...raw, data: numbers })).toBe(0);
  await chooseTool(refit, 'fast-x4');
  await run(refit);
  const saved = await sharp(await save(refit, path.join(userDataDir, 'wide.png'))).metadata();
  expect(saved.icc?.equals(icc ?? randomBytes(1))).toBe(true);

  const grey = await stored().greyscale().toColourspace('b-w').png().toBuffer();
  expect(maxDifference(await opened(refit, 'grey.png', grey), await pixelsOf(sharp(grey).toColourspace('srgb')))).toBe(
    0,
  );
  const palette = await stored().png({ palette: true, colours: 16 }).toBuffer();
  expect(maxDifference(await opened(refit, 'palette.png', palette), await pixelsOf(sharp(palette)))).toBe(0);
  const interlaced = await stored().png({ progressive: true }).toBuffer();
  expect(maxDifference(await opened(refit, 'interlaced.png', interlaced), raw)).toBe(0);
  const deep = await stored().toColourspace('rgb16').png().toBuffer();
  expect(maxDifference(await opened(refit, 'deep.png', deep), raw)).toBeLessThanOrEqual(1);
  await expect(notes(refit)).toContainText('16 bits a channel');
  const inks = await smooth().toColourspace('cmyk').jpeg({ quality: 100, chromaSubsampling: '4:4:4' }).toBuffer();
  await opened(refit, 'inks.jpg', inks);
  await expect(notes(refit)).toContainText('CMYK');
});

test('makes a queue of several pictures that were chosen at once', async ({ refit, userDataDir }) => {
  await loadAnew(refit);
  const png = await stored().png().toBuffer();
  const files = ['one.png', 'two.png', 'three.png'].map((name) => path.join(userDataDir, name));
  for (const file of files) await writeFile(file, png);
  await refit.window.getByTestId('file-input').setInputFiles(files);
  await expect(refit.window.getByRole('option')).toHaveCount(3);
  await expect(refit.window.getByTestId('queue-start')).toHaveText('Start 3 pictures');
});
