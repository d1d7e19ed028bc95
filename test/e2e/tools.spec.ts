/** Each tool on a real picture, saved through the app and compared with what ONNX Runtime made without it (references.ts). */
import path from 'node:path';
import sharp from 'sharp';
import { exampleExif, exifPlaces } from '../../app/metadata.fixture';
import type { Box } from '../../app/toolAnswer';
import { test as base, expect, type RunningApp } from './app';
import {
  blank,
  crop,
  decode,
  encode,
  inner,
  lay,
  maxDifference,
  type Picture,
  pictures,
  prepared,
  readPicture,
  referenceFile,
  withAlpha,
} from './pictures';
import { withChunks } from './pngStream';
import { loadAnew, shareApp } from './sharedApp';
import { chooseFile, chooseTool, expectClose, openPicture, run, save, savedPicture, stateOf } from './steps';
import { upscaleUntiled } from './untiled';

const test = shareApp(base);

/** Likeness of the same network by the same library: another processor may round a last bit otherwise, and one step of 255 is 48 dB. */
const sameNetworkDb = 45;
/** Pixels of the input that do not count at the picture's end, where the network sees repeated pixels instead of zeros. */
const edge = 8;

async function runTool(refit: RunningApp, model: string, picture: Picture): Promise<Picture> {
  await loadAnew(refit);
  await chooseTool(refit, model);
  await openPicture(refit, picture);
  await run(refit);
  return savedPicture(refit);
}

test('Photo ×4 makes what the network makes without the app', async ({ refit }) => {
  const result = await runTool(refit, 'photo-x4', await pictures['photo-x4']());
  expectClose('photo-x4', result, await readPicture(referenceFile('photo-x4')), sameNetworkDb);
  await refit.screenshots('photo-x4');
});

test('Drawing ×4 makes what the network makes without the app', async ({ refit }) => {
  const result = await runTool(refit, 'drawing-x4', await pictures['drawing-x4']());
  expectClose('drawing-x4', result, await readPicture(referenceFile('drawing-x4')), sameNetworkDb);
  await refit.screenshots('drawing-x4');
});

test('Fast ×4 makes what the network makes without the app, of a picture smaller than a tile', async ({ refit }) => {
  const result = await runTool(refit, 'fast-x4', await pictures['fast-x4']());
  const reference = await readPicture(referenceFile('fast-x4'));
  expectClose('fast-x4', inner(result, edge * 4), inner(reference, edge * 4), sameNetworkDb);
  expectClose('fast-x4 with its edges', result, reference, 40);
});

test('Cut out makes the mask that the network makes without the app, and keeps the colours', async ({ refit }) => {
  const picture = await pictures['cut-out']();
  const result = await runTool(refit, 'cut-out', picture);
  // At the border the tool's mask is as sure as a little inside; the network's own fades there.
  const reference = await readPicture(referenceFile('cut-out'));
  expectClose('cut-out, alpha', inner(result, edge), inner(reference, edge), sameNetworkDb, 'alpha');
  const opaque = (shown: Picture): Picture => {
    const data = Buffer.from(shown.data);
    for (let i = 0; i < data.length; i += 4) if (result.data[i + 3] !== 255) data.fill(0, i, i + 3);
    return { ...shown, data };
  };
  expect(maxDifference(opaque(result), opaque(picture))).toBe(0);
  await refit.screenshots('cut-out');
});

/** The boxes that *Blur faces* hides, by main's state. */
async function hiddenBoxes(refit: RunningApp): Promise<readonly Box[]> {
  const { result } = await stateOf(refit);
  if (!result?.hides) throw new Error('Expected a result that hides something');
  return result.hides.boxes;
}

const boxArea = ({ x, y, width, height }: Box, picture: Picture) => {
  const [left, top] = [Math.max(0, Math.floor(x)), Math.max(0, Math.floor(y))];
  const right = Math.min(picture.width, Math.ceil(x + width));
  const bottom = Math.min(picture.height, Math.ceil(y + height));
  return { x: left, y: top, width: right - left, height: bottom - top };
};

/** The colours of a part of a picture. */
function coloursIn(picture: Picture, area: ReturnType<typeof boxArea>): Set<string> {
  const { data } = crop(picture, area);
  return new Set(Array.from({ length: data.length / 4 }, (_, i) => data.subarray(i * 4, i * 4 + 3).join(' ')));
}

/** A picture with the boxes blacked out, so that the rest of two can be compared. */
function withoutBoxes(picture: Picture, boxes: readonly Box[]): Picture {
  const data = Buffer.from(picture.data);
  for (const box of boxes) {
    const { x, y, width, height } = boxArea(box, picture);
    for (let row = y; row < y + height; row++)
      data.fill(0, (row * picture.width + x) * 4, (row * picture.width + x + width) * 4);
  }
  return { ...picture, data };
}

test('Blur faces leaves sixteen colours of the face at most, and the rest as it was', async ({ refit }) => {
  const picture = await pictures['blur-faces']();
  const result = await runTool(refit, 'blur-faces', picture);
  await expect(refit.window.getByTestId('note')).toHaveText(
    'Faces from about 16 pixels were looked for: 1 was found and hidden.',
  );
  const [box, ...others] = await hiddenBoxes(refit);
  if (!box) throw new Error('Expected a box');
  expect(others).toEqual([]);
  // Eyes, nose and mouth, with the brow and the chin.
  for (const [x, y] of [
    [195, 75],
    [250, 165],
  ] as const)
    expect(x > box.x && x < box.x + box.width && y > box.y && y < box.y + box.height).toBe(true);
  expect(coloursIn(result, boxArea(box, picture)).size).toBeLessThanOrEqual(16);
  expect(maxDifference(withoutBoxes(result, [box]), withoutBoxes(picture, [box]))).toBe(0);
  await refit.screenshots('blur-faces');
});

test('Blur faces leaves nothing of a face that goes to the border of the picture', async ({ refit }) => {
  const astronaut = await readPicture(prepared('blur-faces', 'astronaut.png'));
  const face = crop(astronaut, { x: 170, y: 60, width: 110, height: 140 });
  const result = await runTool(refit, 'blur-faces', face);
  await expect(refit.window.getByTestId('note')).toContainText('1 was found and hidden');
  // Of the picture's middle half too, whose corners lie within the face.
  const middle = { x: 27, y: 35, width: 56, height: 70 };
  expect(coloursIn(face, middle).size).toBeGreaterThan(1000);
  expect(coloursIn(result, middle).size).toBeLessThanOrEqual(16);
});

/** The sample's face in rows, each in a height of its own. @returns the picture, and the middle of each face, in pixels. */
async function crowd(width: number, height: number, faceHeights: readonly number[]) {
  const astronaut = await readPicture(prepared('blur-faces', 'astronaut.png'));
  // The face is 120 pixels high in it, its middle at its middle.
  const bust = encode(crop(astronaut, { x: 142, y: 40, width: 160, height: 180 }));
  const picture = blank(width, height);
  picture.data.fill(120);
  const middles: { x: number; y: number }[] = [];
  let [x, y, row] = [20, 20, 0];
  for (const faceHeight of faceHeights) {
    const scale = faceHeight / 120;
    const size = { width: Math.round(160 * scale), height: Math.round(180 * scale) };
    if (x + size.width + 20 > width) [x, y, row] = [20, y + row + 20, 0];
    lay(picture, decode(await sharp(bust).resize(size).png().toBuffer()), x, y);
    middles.push({ x: x + size.width / 2, y: y + size.height / 2 });
    x += size.width + 20;
    row = Math.max(row, size.height);
  }
  for (let i = 3; i < picture.data.length; i += 4) picture.data[i] = 255;
  return { picture, middles };
}

/** How many of the middles lie in a box. */
/** How many of the middles lie in a box. */
const found = (middles: readonly { x: number; y: number }[], boxes: readonly Box[]): number =>
  middles.filter(({ x, y }) =>
    boxes.some((box) => x > box.x && x < box.x + box.width && y > box.y && y < box.y + box.height),
  ).length;

test('Blur faces finds the faces of a crowd, small and large', async ({ refit }) => {
  const heights = Array.from({ length: 60 }, (_, i) => 16 + ((i * 37) % 60) * 2);
  const { picture, middles } = await crowd(2400, 1600, heights);
  const from = performance.now();
  const result = await runTool(refit, 'blur-faces', picture);
  console.log(`    crowd of 60: ${Math.round(performance.now() - from)} ms`);
  const boxes = await hiddenBoxes(refit);
  expect(found(middles, boxes)).toBeGreaterThanOrEqual(58);
  // A person sees a box too many and removes it: a fifth of them is allowed, in a picture full of faces.
  expect(boxes.length).toBeLessThanOrEqual(72);
  expect(maxDifference(withoutBoxes(result, boxes), withoutBoxes(picture, boxes))).toBe(0);
  await refit.screenshots('blur-faces-crowd');
});

test('Blur faces finds every face of a group in twelve megapixels, and says how far it is meanwhile', async ({
  refit,
}) => {
  const { picture, middles } = await crowd(4000, 3000, new Array(12).fill(90));
  await loadAnew(refit);
  await chooseTool(refit, 'blur-faces');
  await openPicture(refit, picture);
  await refit.window.getByTestId('start').click();
  await expect(refit.window.getByTestId('status-job')).toContainText(/[1-9]\d* of \d+/, { timeout: 60_000 });
  await expect(refit.window.getByTestId('save')).toBeVisible({ timeout: 120_000 });
  const boxes = await hiddenBoxes(refit);
  expect(found(middles, boxes)).toBe(12);
  expect(boxes.length).toBeLessThanOrEqual(15);
});

test('Blur faces keeps the transparency of a face that shines through', async ({ refit }) => {
  const astronaut = await readPicture(prepared('blur-faces', 'astronaut.png'));
  const faint = withAlpha(crop(astronaut, { x: 100, y: 0, width: 256, height: 256 }), () => 40);
  const result = await runTool(refit, 'blur-faces', faint);
  await expect(refit.window.getByTestId('note')).toHaveText(/1 was found and hidden/);
  expect(maxDifference(result, faint, 'alpha')).toBe(0);
});

test('Blur faces says that a JPEG of a transparent picture becomes white behind, and makes it so', async ({
  refit,
}) => {
  const astronaut = await readPicture(prepared('blur-faces', 'astronaut.png'));
  const bust = withAlpha(crop(astronaut, { x: 80, y: 0, width: 300, height: 300 }), (x, y) =>
    Math.hypot(x - 150, y - 150) < 140 ? 255 : 0,
  );
  await runTool(refit, 'blur-faces', bust);
  await refit.window.getByTestId('format-jpeg').click();
  await expect(refit.window.locator('[data-testid="options"]')).toContainText('what is transparent becomes white');
  const { data } = await sharp(await save(refit, path.join(refit.userDataDir, 'result.jpg')))
    .raw()
    .toBuffer({ resolveWithObject: true });
  expect(Math.min(...data.subarray(0, 3))).toBeGreaterThan(250);
});

test('Blur faces says so where there is no face', async ({ refit }) => {
  const cat = await readPicture(prepared('photo-x4', 'cat.png'));
  const result = await runTool(refit, 'blur-faces', cat);
  await expect(refit.window.getByTestId('note')).toContainText('none were found');
  expect(maxDifference(result, cat)).toBe(0);
});

test('a large picture comes tile by tile, with no seam between them', async ({ refit }) => {
  const coffee = crop(await readPicture(prepared('cut-out', 'coffee.png')), { x: 0, y: 0, width: 600, height: 400 });
  await loadAnew(refit);
  await chooseTool(refit, 'fast-x4');
  await openPicture(refit, coffee, 'coffee.png');
  await refit.window.getByTestId('start').click();
  const counts = new Set<string>();
  const job = refit.window.getByTestId('status-job');
  await expect(async () => {
    counts.add((await job.textContent()) ?? '');
    await expect(refit.window.getByTestId('save')).toBeVisible({ timeout: 1 });
  }).toPass({ intervals: [50], timeout: 60_000 });
  expect([...counts].filter((text) => / of \d+ tiles/.test(text)).length).toBeGreaterThan(2);
  const result = await savedPicture(refit);
  const reference = await upscaleUntiled('fast-x4', coffee);
  expectClose('fast-x4, 600 × 400 in tiles', result, reference, sameNetworkDb);
  // A tile of 256 with 16 of context on each inner side ends at 240 and at 464: two input pixels to each side of that.
  for (const [name, area] of [
    ['upright at 240', { x: 238, y: 0, width: 4, height: 400 }],
    ['upright at 464', { x: 462, y: 0, width: 4, height: 400 }],
    ['level at 240', { x: 0, y: 238, width: 600, height: 4 }],
  ] as const) {
    const strip = { x: area.x * 4, y: area.y * 4, width: area.width * 4, height: area.height * 4 };
    expectClose(`fast-x4, seam ${name}`, crop(result, strip), crop(reference, strip), sameNetworkDb);
  }
});

test('a transparent picture keeps its transparency', async ({ refit }) => {
  const bands = withAlpha(await pictures['fast-x4'](), (x) => [0, 128, 255][Math.floor(x / 48)] ?? 255);
  const result = await runTool(refit, 'fast-x4', bands);
  const alphaAt = (x: number) => result.data[(200 * result.width + x) * 4 + 3];
  expect([96, 288, 480].map(alphaAt)).toEqual([0, 128, 255]);
});

/** A JPEG with a copy of the face, or what stands for one, in every place that files have for it. */
async function tellingJpeg(face: Picture, mark: string): Promise<Buffer> {
  const jpeg = await sharp(face.data, { raw: { width: face.width, height: face.height, channels: 4 } })
    .removeAlpha()
    .jpeg()
    .toBuffer();
  const segment = (marker: number, head: string, body: Uint8Array): Buffer => {
    const data = Buffer.concat([Buffer.from(head, 'latin1'), body]);
    const start = Buffer.from([0xff, marker, 0, 0]);
    start.writeUInt16BE(data.length + 2, 2);
    return Buffer.concat([start, data]);
  };
  const marked = Buffer.from(mark, 'latin1');
  const exif = exampleExif('MM');
  exif.set(marked, exifPlaces.note[0]);
  exif.set(marked, exifPlaces.thumbnail[0]);
  // Photoshop's resource 1036: a thumbnail.
  const photoshop = Buffer.concat([
    Buffer.from([0x38, 0x42, 0x49, 0x4d, 0x04, 0x0c, 0, 0, 0, 0, 0, marked.length]),
    marked,
  ]);
  const xmp = `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" xmlns:xmpGImg="http://ns.adobe.com/xap/1.0/g/img/" xmlns:GDepth="http://ns.google.com/photos/1.0/depthmap/" xmpGImg:image="${mark}" GDepth:Data="${mark}"/></rdf:RDF></x:xmpmeta>`;
  return Buffer.concat([
    jpeg.subarray(0, 2),
    segment(0xe1, 'Exif\0\0', exif),
    segment(0xe1, 'http://ns.adobe.com/xap/1.0/\0', Buffer.from(xmp)),
    segment(0xe1, 'http://ns.adobe.com/xmp/extension/\0', marked),
    segment(0xed, 'Photoshop 3.0\0', photoshop),
    segment(0xe2, 'MPF\0', marked),
    segment(0xe2, 'urn:iso:std:iso:ts:21496:-1\0', marked),
    segment(0xfe, '', marked),
    jpeg.subarray(2),
    // A second picture, as Ultra HDR and MPF files have one.
    jpeg,
    marked,
  ]);
}

/** The PNG and the WebP beside it. */
async function tellingFile(format: 'png' | 'jpeg' | 'webp', face: Picture, mark: string): Promise<Buffer> {
  if (format === 'jpeg') return tellingJpeg(face, mark);
  const raw = sharp(face.data, { raw: { width: face.width, height: face.height, channels: 4 } });
  const marked = Buffer.from(mark, 'latin1');
  if (format === 'png') {
    const text = Buffer.concat([Buffer.from('Thumbnail\0'), marked]);
    return Buffer.concat([withChunks(await raw.png().toBuffer(), [{ name: 'tEXt', data: text }]), marked]);
  }
  const webp = await raw.webp({ lossless: true }).withXmp(`<x>${mark}</x>`).toBuffer();
  const chunk = Buffer.concat([Buffer.from('THMB'), Buffer.alloc(4), marked]);
  chunk.writeUInt32LE(marked.length, 4);
  const all = Buffer.concat([webp, chunk]);
  all.writeUInt32LE(all.length - 8, 4);
  return all;
}

for (const format of ['png', 'jpeg', 'webp'] as const)
  test(`Blur faces saves no other copy of the face that came in a ${format}`, async ({ refit }) => {
    const mark = 'PRIVATE-FACE-HERE!!!';
    const astronaut = await readPicture(prepared('blur-faces', 'astronaut.png'));
    const face = crop(astronaut, { x: 100, y: 0, width: 256, height: 256 });
    const file = await tellingFile(format, face, mark);
    expect(file.includes(mark)).toBe(true);
    await loadAnew(refit);
    await chooseTool(refit, 'blur-faces');
    await chooseFile(refit, `face.${format === 'jpeg' ? 'jpg' : format}`, file);
    await expect(refit.window.getByTestId('start')).toBeEnabled();
    await run(refit);
    for (const to of ['png', 'jpeg', 'webp'] as const) {
      await refit.window.getByTestId(`format-${to}`).click();
      const out = await save(refit, path.join(refit.userDataDir, `out.${to}`));
      expect(out.includes(mark)).toBe(false);
      // The file holds one picture, and nothing behind it.
      expect(out.indexOf(Buffer.from([0xff, 0xd8, 0xff]), 1)).toBe(-1);
    }
  });
