/** Each tool on a real picture, saved through the app and compared with what ONNX Runtime made without it (references.ts). */
import path from 'node:path';
import sharp from 'sharp';
import { expect, type RunningApp, test } from './app';
import {
  blank,
  crop,
  faceArea,
  inner,
  lay,
  maxDifference,
  type Picture,
  pictures,
  prepared,
  psnr,
  readPicture,
  referenceFile,
  withAlpha,
} from './pictures';
import { chooseTool, expectClose, openPicture, ready, run, save, savedPicture } from './steps';
import { upscaleUntiled } from './untiled';

/** The same network by the same library: another processor may round a last bit otherwise, and one step of 255 everywhere is 48 dB. */
const sameNetworkDb = 45;
/** The app blurs by three box filters where the reference has a true Gaussian. */
const sameBlurDb = 38;
/** In pixels of the input: where a picture ends in its tile, the network sees repeated pixels instead of nothing. */
const edge = 8;

async function runTool(refit: RunningApp, model: string, picture: Picture): Promise<Picture> {
  await ready(refit);
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
  expectClose('cut-out, alpha', result, await readPicture(referenceFile('cut-out')), sameNetworkDb, 'alpha');
  const opaque = (shown: Picture): Picture => {
    const data = Buffer.from(shown.data);
    for (let i = 0; i < data.length; i += 4) if (result.data[i + 3] !== 255) data.fill(0, i, i + 3);
    return { ...shown, data };
  };
  expect(maxDifference(opaque(result), opaque(picture))).toBe(0);
  await refit.screenshots('cut-out');
});

test('Blur faces blurs the face and leaves the rest as it was', async ({ refit }) => {
  const picture = await pictures['blur-faces']();
  const result = await runTool(refit, 'blur-faces', picture);
  await expect(refit.window.getByTestId('note')).toHaveText('One face was found and blurred.');
  expectClose('blur-faces', crop(result, faceArea), await readPicture(referenceFile('blur-faces')), sameBlurDb);
  // The face itself is far from what it was.
  const face = { x: 190, y: 80, width: 70, height: 90 };
  expect(psnr(crop(result, face), crop(picture, face))).toBeLessThan(25);
  for (const { data, width } of [result, picture])
    for (let y = faceArea.y; y < faceArea.y + faceArea.height; y++)
      data.fill(0, (y * width + faceArea.x) * 4, (y * width + faceArea.x + faceArea.width) * 4);
  expect(maxDifference(result, picture)).toBe(0);
  await refit.screenshots('blur-faces');
});

/** The largest step between neighbours. */
const finestDetail = (picture: Picture): number =>
  Math.max(
    maxDifference(inner(picture, 1), crop(picture, { ...innerRect(picture), x: 2 })),
    maxDifference(inner(picture, 1), crop(picture, { ...innerRect(picture), y: 2 })),
  );
const innerRect = ({ width, height }: Picture) => ({ x: 1, y: 1, width: width - 2, height: height - 2 });

test('Blur faces leaves nothing of a face that goes to the border of the picture', async ({ refit }) => {
  const astronaut = await readPicture(prepared('blur-faces', 'astronaut.png'));
  const face = crop(astronaut, { x: 170, y: 60, width: 110, height: 140 });
  const result = await runTool(refit, 'blur-faces', face);
  await expect(refit.window.getByTestId('note')).toHaveText('One face was found and blurred.');
  // Of the picture's middle half too, whose corners lie within the ellipse.
  const middle = { x: 27, y: 35, width: 56, height: 70 };
  expect(finestDetail(crop(face, middle))).toBeGreaterThan(40);
  expect(finestDetail(crop(result, middle))).toBeLessThanOrEqual(4);
});

test('Blur faces keeps the transparency of a face that shines through', async ({ refit }) => {
  const astronaut = await readPicture(prepared('blur-faces', 'astronaut.png'));
  const faint = withAlpha(crop(astronaut, { x: 100, y: 0, width: 256, height: 256 }), () => 40);
  const result = await runTool(refit, 'blur-faces', faint);
  await expect(refit.window.getByTestId('note')).toHaveText('One face was found and blurred.');
  expect(maxDifference(result, faint, 'alpha')).toBe(0);
});

test('Blur faces says that it did not look for small faces in a picture that its network sees shrunk', async ({
  refit,
}) => {
  const cat = await readPicture(prepared('photo-x4', 'cat.png'));
  const picture = blank(2560, 1280);
  lay(picture, cat, 1000, 600);
  await runTool(refit, 'blur-faces', picture);
  await expect(refit.window.getByTestId('note')).toHaveText(
    'No faces were found, so the picture is as it was. Small faces were not looked for in a picture this large.',
  );
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
  await expect(refit.window.locator('.options')).toContainText('what is transparent becomes white');
  const { data } = await sharp(await save(refit, path.join(refit.userDataDir, 'result.jpg')))
    .raw()
    .toBuffer({ resolveWithObject: true });
  expect(Math.min(...data.subarray(0, 3))).toBeGreaterThan(250);
});

test('Blur faces says so where there is no face', async ({ refit }) => {
  const cat = await readPicture(prepared('photo-x4', 'cat.png'));
  const result = await runTool(refit, 'blur-faces', cat);
  await expect(refit.window.getByTestId('note')).toContainText('No faces were found');
  expect(maxDifference(result, cat)).toBe(0);
});

test('a large picture comes tile by tile, with no seam between them', async ({ refit }) => {
  const coffee = crop(await readPicture(prepared('cut-out', 'coffee.png')), { x: 0, y: 0, width: 600, height: 400 });
  await ready(refit);
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
