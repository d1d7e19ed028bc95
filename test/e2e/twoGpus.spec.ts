/**
 * The packaged app on a machine with two NVIDIA cards: which is proposed, another one chosen, kept, and left in the middle of a job. Needs
 * them: `REFIT_E2E_GPU=1 npx playwright test test/e2e/twoGpus.spec.ts`. On a machine with one it skips itself.
 */
import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import type { RefitApi } from '../../app/contract';
import type { Gpu } from '../../app/machine';
import { expect, launch, type RunningApp, test } from './app';
import { blank, decode, encode, type Picture, prepared, psnr, readPicture } from './pictures';
import { addFolder, chooseOutput, phaseOf, queueOf, setQueue, settingsFor, startQueue } from './queueSteps';
import { chooseTool, openPicture, preparation, prepare, run, runUntilFirstTile, stateOf } from './steps';

declare const window: { refit: RefitApi };

test.skip(process.env.REFIT_E2E_GPU !== '1', 'Needs two GPUs: REFIT_E2E_GPU=1.');

const someTiles = (): Promise<Picture> => readPicture(prepared('blur-faces', 'astronaut.png'));
/** Some seconds' work of a fast card. */
const manyTiles = (): Picture => blank(3000, 3000);

/** The cards that engines serve, the best first. Skips the test where there are fewer than two. */
async function cardsOf(refit: RunningApp): Promise<[best: Gpu, other: Gpu]> {
  const { rows } = (await stateOf(refit)).gpus;
  const [best, other] = rows.flatMap(({ gpu, serves }) => (serves ? [gpu] : []));
  if (!best || !other) {
    await refit.close();
    test.skip(true, `Needs two GPUs that engines serve; here are ${rows.length}.`);
    throw new Error('skipped');
  }
  return [best, other];
}

/** uuid of the card that the app works on, or why it does not. */
const works = async (refit: RunningApp): Promise<string> => {
  const { setup } = await stateOf(refit);
  if (setup.kind !== 'ready') return setup.kind;
  return setup.device.kind === 'gpu' ? setup.device.facts.gpu.uuid : setup.device.reason.code;
};
const allReady = async (refit: RunningApp): Promise<boolean> => {
  const { setup } = await stateOf(refit);
  const rows = setup.kind === 'ready' && setup.device.kind === 'gpu' ? setup.device.rows : [];
  return rows.length > 0 && rows.every(({ phase }) => phase === 'done' || phase === 'cached');
};

/** Has a folder's pictures enlarged. @returns milliseconds from Start to the last file. */
async function throughQueue(refit: RunningApp, from: string, out: string, pictures: number): Promise<number> {
  await mkdir(out, { recursive: true });
  const before = (await queueOf(refit)).items.map(({ id }) => id);
  await refit.window.evaluate((ids) => (ids.length > 0 ? window.refit.removeItems(ids) : null), before);
  const settings = {
    ...settingsFor([{ model: 'photo-x4' }], { format: 'png' }),
    pattern: '{name}',
    keepFolders: false,
  };
  await addFolder(refit, from);
  await chooseOutput(refit, out);
  await setQueue(refit, settings);
  const startedAt = performance.now();
  await startQueue(refit);
  await expect.poll(() => phaseOf(refit), { ...preparation, intervals: [20] }).toBe('finished');
  const ms = Math.round(performance.now() - startedAt);
  expect((await queueOf(refit)).items.map(({ state }) => state.kind)).toEqual(Array(pictures).fill('saved'));
  return ms;
}

/** All memory that processes hold on GPUs, as the driver says; none where nvidia-smi is missing or sees no processes, as in some containers. */
async function heldMemory(): Promise<{ pid: number; uuid: string }[]> {
  const query = ['--query-compute-apps=pid,gpu_uuid', '--format=csv,noheader'];
  const told = await promisify(execFile)('nvidia-smi', query).catch(() => undefined);
  const rows = told?.stdout.split('\n').map((line) => line.split(', ')) ?? [];
  return rows.flatMap(([pid, uuid]) => (uuid ? [{ pid: Number(pid), uuid: uuid.trim() }] : []));
}

/** Cards on which any process of this app's has memory, sorted. */
async function memoryByCard({ app }: RunningApp): Promise<string[]> {
  const pids = await app.evaluate(({ app: electron }) => electron.getAppMetrics().map(({ pid }) => pid));
  const own = (await heldMemory()).filter(({ pid }) => pids.includes(pid));
  return [...new Set(own.map(({ uuid }) => uuid))].sort();
}

/** Cards that this app's GPU host has memory on; undefined where none is known. */
async function cardsInUse({ app }: RunningApp): Promise<string[] | undefined> {
  const host = await app.evaluate(({ app: electron }) => {
    const named = electron.getAppMetrics().find((each) => [each.name, each.serviceName].includes('Refit GPU host'));
    return named?.pid;
  });
  const own = (await heldMemory()).filter(({ pid }) => pid === host);
  return own.length > 0 ? own.map(({ uuid }) => uuid) : undefined;
}

/** Starts the app for the first time. @returns it on its first screen. */
async function launchFirst(userDataDir: string): Promise<RunningApp> {
  const refit = await launch({ userDataDir });
  await expect(refit.window.getByTestId('first-run-found')).toBeVisible(preparation);
  return refit;
}

/** Opens the status line's card and chooses a line of it. */
async function choose({ window }: RunningApp, line: string): Promise<void> {
  await window.getByTestId('device').or(window.getByTestId('why')).click();
  await window.getByTestId(line).click();
  await expect(window.getByTestId(line)).toBeChecked();
  await window.keyboard.press('Escape');
}

test('proposes the best card, takes another one, keeps it, and goes back', async ({ userDataDir }) => {
  test.setTimeout(600_000);
  const first = await launchFirst(userDataDir);
  const { window } = first;
  const [best, other] = await cardsOf(first);
  await expect(window.getByTestId(`gpus-${best.uuid}`)).toBeChecked();
  await expect(window.getByTestId(`gpus-${best.uuid}`)).toContainText('Proposed');
  await first.screenshots('gpus-found');

  await window.getByTestId(`gpus-${other.uuid}`).click();
  const shown = async () => {
    const { setup } = await stateOf(first);
    return setup.kind === 'found' && setup.facts.gpu.uuid;
  };
  await expect.poll(shown).toBe(other.uuid);
  await prepare(first);
  await chooseTool(first, 'photo-x4');
  await openPicture(first, await someTiles());
  await run(first);
  expect((await stateOf(first)).job).toMatchObject({ kind: 'done', device: 'gpu' });
  const used = await cardsInUse(first);
  if (used) expect(used).toEqual([other.uuid]);
  await first.close();

  const second = await launch({ userDataDir });
  await expect.poll(() => works(second), preparation).toBe(other.uuid);
  await choose(second, `gpus-${best.uuid}`);
  // Its engines are made behind the tools, which are there all the while.
  await expect(second.window.getByTestId('status')).toBeVisible();
  await expect.poll(() => works(second), preparation).toBe(best.uuid);
  await expect.poll(() => allReady(second), preparation).toBe(true);
  await second.window.getByTestId('device').click();
  await second.screenshots('gpus-card');
  await second.window.keyboard.press('Escape');
  expect((await stateOf(second)).notices).toEqual([]);

  // Back to the card whose engines were set aside.
  const startedAt = Date.now();
  await choose(second, `gpus-${other.uuid}`);
  await expect.poll(() => works(second), preparation).toBe(other.uuid);
  // The chosen tool's is looked up first.
  await expect.poll(() => allReady(second), preparation).toBe(true);
  console.log(`    back on the other card after ${Date.now() - startedAt} ms`);
  await second.close();

  const third = await launch({ userDataDir, env: { CUDA_VISIBLE_DEVICES: best.uuid } });
  await expect.poll(() => works(third), preparation).toBe(best.uuid);
  await expect(third.window.getByTestId('notices')).toContainText('that you chose cannot be used now');
  await third.close();
});

test('a running job goes on where another card is chosen', async ({ userDataDir }) => {
  test.setTimeout(600_000);
  const refit = await launchFirst(userDataDir);
  const [best, other] = await cardsOf(refit);
  await prepare(refit);
  await chooseTool(refit, 'photo-x4');
  await openPicture(refit, manyTiles());
  await runUntilFirstTile(refit);
  expect(await works(refit)).toBe(best.uuid);
  await choose(refit, `gpus-${other.uuid}`);
  await expect.poll(async () => (await stateOf(refit)).job.kind, preparation).toBe('done');
  const { job } = await stateOf(refit);
  expect(job).toMatchObject({ kind: 'done', device: 'gpu' });
  // It was handed over, not lost.
  expect(job).not.toHaveProperty('setback');
  await expect.poll(() => works(refit), preparation).toBe(other.uuid);
  await refit.close();
});

test('both cards work on a queue where a person wants that', async ({ userDataDir }) => {
  test.setTimeout(600_000);
  const [from, out] = [path.join(userDataDir, 'in'), path.join(userDataDir, 'out')];
  await mkdir(from);
  const pictures = 24;
  const photo = encode(await someTiles());
  for (let i = 0; i < pictures; i++) await writeFile(path.join(from, `${i}.png`), photo);
  const refit = await launchFirst(userDataDir);
  const { window } = refit;
  const [best, other] = await cardsOf(refit);
  await prepare(refit);

  const alone = await throughQueue(refit, from, path.join(out, 'alone'), pictures);
  expect(await memoryByCard(refit)).toEqual([best.uuid]);
  await window.getByTestId('device').click();
  await window.getByTestId('gpus-share').check();
  await refit.screenshots('gpus-share');
  await window.keyboard.press('Escape');
  // The first picture has the other card prepare; it joins as soon as it can.
  await throughQueue(refit, from, path.join(out, 'first'), pictures);
  await expect.poll(() => memoryByCard(refit), preparation).toEqual([best.uuid, other.uuid].sort());
  const shared = await throughQueue(refit, from, path.join(out, 'shared'), pictures);
  console.log(`    ${pictures} pictures: one card ${alone} ms, both ${shared} ms (${(alone / shared).toFixed(2)} ×)`);
  const made = await readFile(path.join(out, 'alone', '0.png'));
  for (let i = 0; i < pictures; i++)
    expect(psnr(decode(await readFile(path.join(out, 'shared', `${i}.png`))), decode(made))).toBeGreaterThan(50);
  await refit.close();
});

test('works on the processor where a person chose it, and on the card again', async ({ userDataDir }) => {
  test.setTimeout(600_000);
  const first = await launchFirst(userDataDir);
  await prepare(first);
  await choose(first, 'device-cpu');
  await first.close();

  const second = await launch({ userDataDir });
  await expect(second.window.getByTestId('why')).toHaveText('Processor', preparation);
  await chooseTool(second, 'fast-x4');
  await openPicture(second, blank(300, 200));
  await run(second);
  expect((await stateOf(second)).job).toMatchObject({ kind: 'done', device: 'cpu' });
  await choose(second, 'device-gpu');
  // Beside a result nothing starts.
  await openPicture(second, blank(300, 200));
  await run(second);
  // The result before is there until this job begins.
  await expect.poll(async () => (await stateOf(second)).job).toMatchObject({ kind: 'done', device: 'gpu' });
  await second.window.getByTestId('device').click();
  await second.screenshots('gpus-takes');
  await second.close();
});
