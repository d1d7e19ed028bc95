/**
 * The packaged app where TensorRT does not serve: on the graphics card by WebGPU. Needs a GPU with Vulkan: REFIT_E2E_GPU=1. On an RTX
 * card the person skips the preparation.
 */
import { copyFile, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { modelFolders } from '../../factory/models/prepare';
import { otherProgram, provideGpuFaults } from '../faults/otherProgram.fixture';
import { expect, launch, type RunningApp, readLog, test } from './app';
import { crop, inner, type Picture, pictures, portraitArea, prepared, readPicture, referenceFile } from './pictures';
import { addFolder, chooseOutput, countsOf, setQueue, settingsFor, startQueue } from './queueSteps';
import {
  chooseTool,
  expectClose,
  killHost,
  openPicture,
  ready,
  run,
  runUntilFirstTile,
  savedPicture,
  stateOf,
} from './steps';

test.skip(process.env.REFIT_E2E_GPU !== '1', 'Needs a GPU: REFIT_E2E_GPU=1.');

const tried = { timeout: 120_000 };
/** Pixels at a result's edge in which devices may differ more: `fast-x4`'s picture is smaller than its tile. */
const edge = 16;
/** Several tiles on either device. */
const astronaut = () => readPicture(prepared('blur-faces', 'astronaut.png'));

/** Starts the app and opens a picture for a tool. */
async function launchWith(userDataDir: string, tool: string, picture: Picture): Promise<RunningApp> {
  const refit = await launch({ userDataDir });
  await ready(refit);
  await chooseTool(refit, tool);
  await openPicture(refit, picture);
  return refit;
}

/** The same with a picture of several tiles, once WebGPU serves the tool. */
async function launchServed(userDataDir: string): Promise<RunningApp> {
  const refit = await launchWith(userDataDir, 'photo-x4', await astronaut());
  await expect(refit.window.getByTestId('why')).toContainText('WebGPU', tried);
  return refit;
}

test('works on a card that TensorRT does not use, and says so', async ({ userDataDir }) => {
  const refit = await launchWith(userDataDir, 'photo-x4', await pictures['photo-x4-256']());
  await expect(refit.window.getByTestId('why')).toContainText('WebGPU', tried);
  await run(refit);
  expect((await stateOf(refit)).job).toMatchObject({ kind: 'done', device: 'webgpu' });
  const made = crop(await savedPicture(refit), portraitArea);
  expectClose('photo-x4 by WebGPU', made, await readPicture(referenceFile('photo-x4-256')), 34);
  await refit.window.getByTestId('why').click();
  await refit.screenshots('webgpu-why');
  await refit.close();
});

test('goes on where its process is killed', async ({ userDataDir }) => {
  const refit = await launchServed(userDataDir);
  await runUntilFirstTile(refit);
  await killHost(refit, 'Refit WebGPU host');
  await expect.poll(async () => (await stateOf(refit)).job.kind, tried).toBe('done');
  expect((await stateOf(refit)).job).toMatchObject({ kind: 'done', device: 'webgpu', setback: { code: 'HOST_DIED' } });
  await refit.close();
});

test('goes on where its process stops answering', async ({ userDataDir }) => {
  // Silence of a minute is a hang.
  test.setTimeout(400_000);
  const refit = await launchServed(userDataDir);
  await runUntilFirstTile(refit);
  await killHost(refit, 'Refit WebGPU host', 'SIGSTOP');
  await expect.poll(async () => (await stateOf(refit)).job.kind, { timeout: 300_000 }).toBe('done');
  expect((await stateOf(refit)).job).toMatchObject({
    kind: 'done',
    setback: { code: 'HOST_DIED', params: { how: 'hung' } },
  });
  await refit.close();
});

test.describe('another program that takes all of the card’s memory', () => {
  const whole = { timeout: 300_000 };
  let other: ReturnType<typeof otherProgram>;
  test.beforeEach(async () => {
    await provideGpuFaults();
    other = otherProgram();
  });
  test.afterEach(() => {
    other.stop();
  });

  test('costs no picture where it came first', async ({ userDataDir }) => {
    test.setTimeout(400_000);
    const free = await other.holdAllBut(0);
    const refit = await launchWith(userDataDir, 'fast-x4', await pictures['fast-x4']());
    await run(refit);
    await expect.poll(async () => (await stateOf(refit)).job.kind, whole).toBe('done');
    const { job, webgpu } = await stateOf(refit);
    console.log(
      `    ${free} bytes free: ${JSON.stringify(job)} ${JSON.stringify(webgpu.filter(({ model }) => model === 'fast-x4'))}`,
    );
    const reference = await readPicture(referenceFile('fast-x4'));
    expectClose('fast-x4, the card full', inner(await savedPicture(refit), edge), inner(reference, edge), 34);
    await refit.close();
  });

  test('costs a tile where it comes in mid-run and the process dies', async ({ userDataDir }) => {
    test.setTimeout(600_000);
    const refit = await launchServed(userDataDir);
    await run(refit);
    const undisturbed = await savedPicture(refit);
    // Beside a result nothing starts.
    await openPicture(refit, await astronaut());
    await runUntilFirstTile(refit);
    const free = await other.holdAllBut(0);
    await killHost(refit, 'Refit WebGPU host');
    await expect.poll(async () => (await stateOf(refit)).job.kind, whole).toBe('done');
    const { job } = await stateOf(refit);
    console.log(`    ${free} bytes free: ${JSON.stringify(job)}`);
    expect(job).toMatchObject({ kind: 'done', setback: { code: expect.any(String) } });
    expectClose('photo-x4, the card full in mid-run', await savedPicture(refit), undisturbed, 34);
    await refit.close();
  });
});

test('takes a job over that began on the processor', async ({ userDataDir }) => {
  const refit = await launchWith(userDataDir, 'photo-x4', await astronaut());
  await runUntilFirstTile(refit);
  await expect.poll(async () => (await stateOf(refit)).job, tried).toMatchObject({ device: 'webgpu' });
  await expect.poll(async () => (await stateOf(refit)).job.kind, tried).toBe('done');
  await refit.close();
});

test('takes the pictures of a queue', async ({ userDataDir }) => {
  const refit = await launchServed(userDataDir);
  const [photos, out] = [path.join(userDataDir, 'photos'), path.join(userDataDir, 'out')];
  await mkdir(photos);
  await mkdir(out);
  for (const name of ['one.png', 'two.png', 'three.png'])
    await copyFile(prepared('blur-faces', 'astronaut.png'), path.join(photos, name));
  await addFolder(refit, photos);
  await chooseOutput(refit, out);
  await setQueue(refit, settingsFor([{ model: 'photo-x4' }], { format: 'png' }));
  // The processor cannot help: it has timed its tile by now, and stands still.
  await killHost(refit, 'Refit CPU host', 'SIGSTOP');
  await startQueue(refit);
  await expect.poll(() => countsOf(refit), tried).toEqual({ saved: 3 });
  await refit.screenshots('webgpu-queue');
  await killHost(refit, 'Refit CPU host', 'SIGCONT');
  await refit.close();
});

test('tries every model, and says of each what came of it', async ({ userDataDir }) => {
  const refit = await launch({ userDataDir });
  await ready(refit);
  await openPicture(refit, await pictures['photo-x4-256']());
  for (const model of ['photo-x4', 'fast-x4', 'drawing-x4', 'cut-out', 'blur-faces', 'read-text'])
    await chooseTool(refit, model);
  const networks = (await modelFolders()).length;
  await expect
    .poll(async () => (await stateOf(refit)).webgpu.filter(({ kind }) => kind !== 'trying').length, tried)
    .toBe(networks);
  expect((await stateOf(refit)).webgpu.filter(({ kind }) => kind === 'serves')).toHaveLength(networks);
  console.log(
    (await readLog(userDataDir))
      .split('\n')
      .filter((line) => line.includes('by WebGPU'))
      .join('\n'),
  );
  await refit.close();
});
