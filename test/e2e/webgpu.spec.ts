/**
 * The packaged app where TensorRT does not serve: on the graphics card by WebGPU. Needs a GPU with Vulkan: REFIT_E2E_GPU=1. On an RTX
 * card the person skips the preparation.
 */
import { modelFolders } from '../../factory/models/prepare';
import { expect, launch, readLog, test } from './app';
import { crop, pictures, portraitArea, prepared, readPicture, referenceFile } from './pictures';
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
/** Several tiles on either device. */
const astronaut = () => readPicture(prepared('blur-faces', 'astronaut.png'));

test('works on a card that TensorRT does not use, and says so', async ({ userDataDir }) => {
  const refit = await launch({ userDataDir });
  await ready(refit);
  await chooseTool(refit, 'photo-x4');
  await openPicture(refit, await pictures['photo-x4-256']());
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
  const refit = await launch({ userDataDir });
  await ready(refit);
  await chooseTool(refit, 'photo-x4');
  await openPicture(refit, await astronaut());
  await expect(refit.window.getByTestId('why')).toContainText('WebGPU', tried);
  await runUntilFirstTile(refit);
  await killHost(refit, 'Refit WebGPU host');
  await expect.poll(async () => (await stateOf(refit)).job.kind, tried).toBe('done');
  expect((await stateOf(refit)).job).toMatchObject({ kind: 'done', device: 'webgpu', setback: { code: 'HOST_DIED' } });
  await refit.close();
});

test('takes a job over that began on the processor', async ({ userDataDir }) => {
  const refit = await launch({ userDataDir });
  await ready(refit);
  await chooseTool(refit, 'photo-x4');
  await openPicture(refit, await astronaut());
  await runUntilFirstTile(refit);
  await expect.poll(async () => (await stateOf(refit)).job, tried).toMatchObject({ device: 'webgpu' });
  await expect.poll(async () => (await stateOf(refit)).job.kind, tried).toBe('done');
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
