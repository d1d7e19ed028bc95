/**
 * The same app on a real GPU: found, prepared, used, started again. Needs one, so it runs only where REFIT_E2E_GPU=1 says
 * that there is one: `REFIT_E2E_GPU=1 npx playwright test test/e2e/gpu.spec.ts`.
 */
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { modelFolders } from '../../factory/models/prepare';
import { expect, launch, type RunningApp, test } from './app';
import {
  blank,
  crop,
  inner,
  lay,
  type Picture,
  pictures,
  portraitArea,
  prepared,
  printedPage,
  readPicture,
  referenceFile,
} from './pictures';
import {
  chooseTool,
  expectClose,
  expectError,
  killHost,
  openPicture,
  preparation,
  prepare,
  ready,
  run,
  runUntilFirstTile,
  savedPicture,
  stateOf,
} from './steps';

test.skip(process.env.REFIT_E2E_GPU !== '1', 'Needs a GPU: REFIT_E2E_GPU=1.');

/** Likeness of half precision on the GPU to single on the processor: one step of 255 in most pixels, a few steps in some. */
const halfPrecisionDb = 38;
/** Likeness of masks: GPUs multiply float32 as TF32, which moves a soft edge by up to 23 of 255 (models/cut-out/model.json). */
const tf32MaskDb = 34;
/** Networks that ship, parts of tools among them: each has a row and an engine of its own. */
const networks = (await modelFolders()).length;
const all = <T>(value: T): T[] => new Array<T>(networks).fill(value);

const onGpu = async (refit: RunningApp): Promise<void> => {
  await expect(refit.window.getByTestId('device')).toContainText(/TensorRT-RTX.*ready/, preparation);
  expect(await stateOf(refit)).toMatchObject({ setup: { kind: 'ready', device: { kind: 'gpu' } } });
};

async function runOnGpu(refit: RunningApp, model: string, picture: Picture): Promise<Picture> {
  await chooseTool(refit, model);
  await openPicture(refit, picture);
  await run(refit);
  expect((await stateOf(refit)).job).toMatchObject({ kind: 'done', device: 'gpu' });
  return savedPicture(refit);
}

/** Every kept engine's record and when it was written. */
async function records(userDataDir: string): Promise<Record<string, number>> {
  const folder = path.join(userDataDir, 'engines');
  const files = (await readdir(folder, { recursive: true })).filter((file) => path.basename(file) === 'record.json');
  const times = await Promise.all(files.map(async (file) => (await stat(path.join(folder, file))).mtimeMs));
  return Object.fromEntries(files.map((file, i) => [file, times[i] ?? 0]));
}

test('finds the GPU, prepares it, works on it, and is ready at once on the next start', async ({ userDataDir }) => {
  const first = await launch({ userDataDir });
  const { window } = first;
  await expect(window.getByTestId('first-run-found')).toBeVisible(preparation);
  await expect(window.locator('[data-testid^="row-"]')).toHaveCount(networks);
  await first.screenshots('gpu-found');

  await window.getByTestId('first-run-prepare').click();
  await expect(window.getByTestId('first-run-preparing')).toBeVisible();
  await first.screenshot('gpu-preparing-1');
  await expect(window.locator('[data-testid^="row-"]')).toContainText(
    [/Ready · \d/, ...all(/./).slice(1)],
    preparation,
  );
  await first.screenshot('gpu-preparing-2');
  await expect(window.getByTestId('first-run-prepared')).toBeVisible(preparation);
  const { setup } = await stateOf(first);
  expect(setup.kind === 'prepared' && setup.rows.map(({ phase }) => phase)).toEqual(all('done'));
  await first.screenshots('gpu-prepared');
  await window.getByTestId('first-run-continue').click();
  await onGpu(first);
  await expect(window.getByTestId('why')).toBeHidden();
  await first.screenshots('gpu-ready');

  const fast = await runOnGpu(first, 'fast-x4', await pictures['fast-x4']());
  // In pixels of the result: where a picture ends in its tile, the network sees repeated pixels instead of nothing.
  const edge = 32;
  const fastReference = await readPicture(referenceFile('fast-x4'));
  expectClose('fast-x4 on the GPU', inner(fast, edge), inner(fastReference, edge), halfPrecisionDb);
  const photo = await runOnGpu(first, 'photo-x4', await pictures['photo-x4-256']());
  const photoReference = await readPicture(referenceFile('photo-x4-256'));
  expectClose('photo-x4 on the GPU', crop(photo, portraitArea), photoReference, halfPrecisionDb);
  await first.screenshots('gpu-photo-x4');
  const cut = await runOnGpu(first, 'cut-out', await pictures['cut-out']());
  const cutReference = await readPicture(referenceFile('cut-out'));
  expectClose('cut-out on the GPU, alpha', inner(cut, 8), inner(cutReference, 8), tf32MaskDb, 'alpha');
  await runOnGpu(first, 'blur-faces', await pictures['blur-faces']());
  await expect(window.getByTestId('note')).toHaveText(/1 was found and hidden/);
  const drawing = await runOnGpu(first, 'drawing-x4', await pictures['drawing-x4']());
  const drawingReference = await readPicture(referenceFile('drawing-x4'));
  expectClose('drawing-x4 on the GPU', inner(drawing, edge), inner(drawingReference, edge), halfPrecisionDb);
  await chooseTool(first, 'read-text');
  await openPicture(first, await readPicture(prepared('read-text', 'page.png')), 'page.png');
  await run(first);
  expect((await stateOf(first)).job).toMatchObject({ kind: 'done', device: 'gpu' });
  await expect(window.locator('[data-testid="text-lines"] p')).toHaveText(printedPage);
  await first.screenshots('gpu-read-text');
  // The races still write entries until they have ended.
  const isRaced = async (): Promise<boolean> => {
    const { setup: now } = await stateOf(first);
    const rows = now.kind === 'ready' && now.device.kind === 'gpu' ? now.device.rows : [];
    return rows.length === networks && rows.every((row) => row.phase === 'done' && row.timed !== undefined);
  };
  await expect.poll(isRaced, preparation).toBe(true);
  await first.close();

  const kept = await records(userDataDir);
  expect(Object.keys(kept)).toHaveLength(networks);
  const startedAt = performance.now();
  const second = await launch({ userDataDir });
  const screens = second.window.locator('[data-testid^="first-run-"]');
  await expect(second.window.getByTestId('status').or(screens.first())).toBeVisible();
  expect(await screens.count()).toBe(0);
  await onGpu(second);
  console.log(`    second start: ready after ${Math.round(performance.now() - startedAt)} ms`);
  const again = await stateOf(second);
  const rows = again.setup.kind === 'ready' && again.setup.device.kind === 'gpu' ? again.setup.device.rows : [];
  expect(rows.map(({ phase }) => phase)).toEqual(all('cached'));
  await runOnGpu(second, 'photo-x4', await pictures['photo-x4-256']());
  await second.screenshots('gpu-second-start');
  await second.close();
  expect(await records(userDataDir)).toEqual(kept);
});

test('the window stays where the GPU host is killed in mid-run; the job says so and goes on, and the GPU works', async ({
  refit,
}) => {
  await prepare(refit);
  await onGpu(refit);
  await chooseTool(refit, 'photo-x4');
  // Many tiles, so that the host can be killed in the middle.
  const astronaut = await readPicture(prepared('blur-faces', 'astronaut.png'));
  const wall = blank(512 * 5, 512 * 4);
  for (let y = 0; y < wall.height; y += 512) for (let x = 0; x < wall.width; x += 512) lay(wall, astronaut, x, y);
  await openPicture(refit, wall, 'wall.png');
  await runUntilFirstTile(refit);
  await killHost(refit, 'Refit GPU host');
  await expectError(refit, 'HOST_DIED');
  await refit.screenshots('gpu-host-killed');
  await expect(refit.window.getByTestId('save')).toBeVisible({ timeout: 90_000 });
  expect((await stateOf(refit)).job).toMatchObject({ kind: 'done', device: 'gpu', setback: { code: 'HOST_DIED' } });
  const result = await runOnGpu(refit, 'photo-x4', await pictures['photo-x4-256']());
  const reference = await readPicture(referenceFile('photo-x4-256'));
  expectClose('photo-x4 after a kill', crop(result, portraitArea), reference, halfPrecisionDb);
  await onGpu(refit);
});

test('lets a person work on the processor while the GPU is prepared, and hands over by itself', async ({ refit }) => {
  const { window } = refit;
  await window.getByTestId('first-run-prepare').click();
  await window.getByTestId('first-run-preparing').getByTestId('first-run-skip').click();
  await expect(window.getByTestId('status')).toBeVisible();
  await onGpu(refit);
});

test('lets a person skip, and prepare later', async ({ refit }) => {
  await ready(refit);
  await refit.window.getByTestId('why').click();
  await expect(refit.window.getByTestId('why-card')).toContainText('You chose to use your processor for now.');
  await refit.screenshots('gpu-skipped');
  await refit.window.getByTestId('why-retry').click();
  await prepare(refit);
  await onGpu(refit);
});
