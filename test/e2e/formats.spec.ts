/** Good JPEG, WebP and PNG files open with the right pixels; cut-off and hostile ones are refused. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test as freshTest, type RunningApp } from './app';
import { encode, maxDifference, type Picture, pictures, prepared, psnr, withAlpha } from './pictures';
import { pretendState } from './pretend';
import { loadAnew, shareApp } from './sharedApp';
import {
  chooseFile,
  chooseTool,
  expectClose,
  expectError,
  layerPicture,
  openPicture,
  ready,
  run,
  savedPicture,
  stateOf,
} from './steps';

const test = shareApp(freshTest);

/** Encodes a picture by Chromium: the repository has no other encoder for these formats. */
async function encodeAs({ window }: RunningApp, picture: Picture, type: string, quality: number): Promise<Buffer> {
  const bytes = await window.evaluate(
    async ([png, mime, q]) => {
      const bitmap = await createImageBitmap(new Blob([new Uint8Array(png)], { type: 'image/png' }));
      const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
      canvas.getContext('2d')?.drawImage(bitmap, 0, 0);
      const blob = await canvas.convertToBlob({ type: mime, quality: q });
      if (blob.type !== mime) throw new Error(`Expected ${mime} but received ${blob.type}`);
      return [...new Uint8Array(await blob.arrayBuffer())];
    },
    [[...encode(picture)], type, quality] as const,
  );
  return Buffer.from(bytes);
}

const size = ({ window }: RunningApp) => window.getByTestId('picture-size');

/** Likeness of the same picture; a wrong one, a turned one or one in other colours lies below 20 dB. */
const samePictureDb = 30;

/** A WebP's pixels without the extended header and colour profile that Chromium puts around them. */
function simpleWebp(bytes: Buffer): Buffer {
  for (let at = 12; at + 8 <= bytes.length; ) {
    const length = bytes.readUInt32LE(at + 4);
    const next = at + 8 + length + (length % 2);
    if (['VP8 ', 'VP8L'].includes(bytes.toString('latin1', at, at + 4))) {
      const file = Buffer.concat([bytes.subarray(0, 12), bytes.subarray(at, next)]);
      file.writeUInt32LE(file.length - 8, 4);
      return file;
    }
    at = next;
  }
  throw new Error('Expected pixels in the WebP');
}

type Kind = [what: string, file: string, make: (refit: RunningApp, picture: Picture) => Promise<Buffer>, holds: string];
const jpeg: Kind = ['JPEG', 'cat.jpg', (refit, picture) => encodeAs(refit, picture, 'image/jpeg', 0.95), 'JFIF'];
const webps: Kind[] = [
  [
    'WebP',
    'cat.webp',
    async (refit, picture) => simpleWebp(await encodeAs(refit, picture, 'image/webp', 0.95)),
    'VP8 ',
  ],
  [
    'lossless WebP',
    'lossless.webp',
    async (refit, picture) => simpleWebp(await encodeAs(refit, picture, 'image/webp', 1)),
    'VP8L',
  ],
  ['extended WebP', 'extended.webp', (refit, picture) => encodeAs(refit, picture, 'image/webp', 0.95), 'VP8X'],
  ['WebP with transparency', 'alpha.webp', (refit, picture) => encodeAs(refit, picture, 'image/webp', 0.95), 'ALPH'],
];
const isClear = ([, file]: Kind): boolean => file === 'alpha.webp';
const clear = (picture: Picture): Picture => withAlpha(picture, (x) => (x < 72 ? 128 : 255));

test('opens JPEG and every kind of WebP, and shows what is in them', async ({ refit }) => {
  await loadAnew(refit);
  const cat = await pictures['fast-x4']();
  for (const kind of [jpeg, ...webps]) {
    const [what, name, make, holds] = kind;
    await test.step(what, async () => {
      const picture = isClear(kind) ? clear(cat) : cat;
      const bytes = await make(refit, picture);
      expect(bytes.toString('latin1')).toContain(holds);
      // Opened in between, so that the size shows that the next one was opened.
      await openPicture(refit, { width: 7, height: 5, data: Buffer.alloc(140, 255) }, 'before.png');
      await chooseFile(refit, name, bytes);
      await expect(size(refit)).toContainText('144 × 96');
      await expect(refit.window.getByTestId('error-inline')).toBeHidden();
      const shown = await layerPicture(refit, 'original');
      expectClose(what, shown, picture, samePictureDb);
      expect(psnr(shown, picture, 'alpha')).toBeGreaterThan(samePictureDb);
    });
  }
});

test("opens JPEG and WebP that other people's encoders made", async ({ refit }) => {
  await loadAnew(refit);
  await chooseTool(refit, 'cut-out');
  for (const [file, shown] of [
    [prepared('fast-x4', 'rocket.jpg'), '640 × 427'],
    [path.join(import.meta.dirname, 'strangePictures', 'hopper_orientation_5.webp'), '128 × 128'],
  ] as const) {
    await chooseFile(refit, path.basename(file), await readFile(file));
    await expect(size(refit)).toContainText(shown);
    await expect(refit.window.getByTestId('error-inline')).toBeHidden();
  }
});

test('works on a WebP as on a PNG', async ({ refit }) => {
  await loadAnew(refit);
  await chooseTool(refit, 'fast-x4');
  const cat = await pictures['fast-x4']();
  await openPicture(refit, cat, 'cat.png');
  await run(refit);
  const fromPng = await savedPicture(refit);
  await chooseFile(refit, 'lossless.webp', await encodeAs(refit, cat, 'image/webp', 1));
  await expect(refit.window.getByTestId('start')).toBeEnabled();
  await run(refit);
  expect(maxDifference(await savedPicture(refit), fromPng)).toBe(0);
});

freshTest("opens every tool's own sample at a click", async ({ refit }) => {
  const { window } = refit;
  await ready(refit);
  const tools = await window.locator('nav [data-testid^="tool-"]').all();
  expect(tools.length).toBeGreaterThan(4);
  for (const tool of tools) {
    await tool.click();
    await window.getByTestId('sample').click();
    await expect(window.getByTestId('start')).toBeEnabled();
    await expect(size(refit)).toContainText(/^\d{2,4} × \d{2,4}/);
    await expect(window.getByTestId('error-inline')).toBeHidden();
    // Back to a state without a picture: main itself keeps one until the next is opened.
    const state = { ...(await stateOf(refit)), picture: null };
    await pretendState(refit, state);
  }
});

/** The same JPEG with other sides in its first frame. */
function jpegOfSize(file: Buffer, width: number, height: number): Buffer {
  const bytes = Buffer.from(file);
  const frame = bytes.indexOf(Buffer.from([0xff, 0xc0, 0x00, 0x11]));
  if (frame < 0) throw new Error('Expected a baseline frame in the JPEG');
  bytes.writeUInt16BE(height, frame + 5);
  bytes.writeUInt16BE(width, frame + 7);
  return bytes;
}

/** A WebP whose extended header says that its canvas is this large. */
function webpOfSize(file: Buffer, width: number, height: number): Buffer {
  const bytes = Buffer.from(file);
  if (bytes.toString('latin1', 12, 16) !== 'VP8X') throw new Error('Expected an extended WebP');
  bytes.writeUIntLE(width - 1, 24, 3);
  bytes.writeUIntLE(height - 1, 27, 3);
  return bytes;
}

test('refuses a cut-off WebP and pictures of 30,000 × 30,000, and opens the next good one', async ({ refit }) => {
  await loadAnew(refit);
  const cat = await pictures['fast-x4']();
  const rocket = await readFile(prepared('fast-x4', 'rocket.jpg'));
  const bad: [what: string, name: string, bytes: Buffer, code: string][] = [];
  for (const kind of webps) {
    const [what, name, make] = kind;
    const bytes = await make(refit, isClear(kind) ? clear(cat) : cat);
    bad.push([`half a ${what}`, name, bytes.subarray(0, bytes.length / 2), 'PICTURE_UNREADABLE']);
  }
  bad.push(['a JPEG of 30,000 × 30,000', 'huge.jpg', jpegOfSize(rocket, 30_000, 30_000), 'PICTURE_TOO_LARGE']);
  const extended = await encodeAs(refit, cat, 'image/webp', 0.95);
  bad.push(['a WebP of 30,000 × 30,000', 'huge.webp', webpOfSize(extended, 30_000, 30_000), 'PICTURE_TOO_LARGE']);
  for (const [what, name, bytes, code] of bad)
    await test.step(what, async () => {
      await openPicture(refit, cat);
      await expect(refit.window.getByTestId('error-inline')).toBeHidden();
      await chooseFile(refit, name, bytes);
      await expectError(refit, code);
      await expect(size(refit)).toContainText('144 × 96');
    });
  await refit.screenshots('bad-huge-webp');
  await openPicture(refit, cat);
  await expect(refit.window.getByTestId('start')).toBeEnabled();
});
