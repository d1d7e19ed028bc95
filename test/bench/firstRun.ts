/**
 * Measures a first start of the packaged app as a person sees it: nothing prepared, the driver's own cache empty. Timed by the window's
 * clock, from the click on Prepare.
 */
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { Page } from '@playwright/test';
import { launch } from '../e2e/app';
import { closeApp, reached, runInWindow, stateOf, watchFirstTile } from './app';
import type { FirstRun, HandOver } from './appReport';
import { bareElectron, inFreshFolder, paintedMs } from './bareElectron';
import { measureHandOver, watchHandOver } from './handOver';
import { planOf } from './planOf';
import { packageWithKernels } from './withKernels';

/** The tool that the window has chosen at a first start. */
const chosen = 'photo-x4';
const handedOverTool = 'fast-x4';
/** How long a person looks at the first screen; the app warms up meanwhile. */
const glanceMs = 1500;
const patience = { timeout: 180_000 };
const args = ['--password-store=basic'];

interface Recorder {
  clickedAt: number;
  /** When every network had an engine, and when the chosen one had. */
  allAt: number | null;
  chosenAt: number | null;
  failed: string[];
}
declare global {
  interface Window {
    firstRun: Recorder;
  }
}

type Figures = Record<
  Exclude<keyof Required<FirstRun>, 'launches' | 'chosen' | 'taken' | 'handOver' | 'secondReadyRatio'>,
  number
>;

/**
 * @param launches of each kind; the middle one by each figure is told.
 * @param picture a small one; `large`: one that a processor works on for longer than the chosen engine takes.
 * @throws Error where the app does not end up on the GPU with every model.
 */
export async function firstRuns(launches: number, picture: string, large: string): Promise<FirstRun> {
  const all: Figures[] = [];
  let handOver: HandOver | undefined;
  const bare = await bareElectron();
  const kernels = await packageWithKernels();
  try {
    for (let i = 0; i < launches; i++) {
      const alone = await inFreshFolder(async (folder) => {
        const figures = await firstRun(folder, picture);
        const { data, env } = placesIn(folder);
        return { ...figures, planLoadMs: await bare.loadMs(await planOf(data, chosen), env) };
      });
      const allReadyMsBesideJob = await inFreshFolder((folder) => besideProcessorJob(folder, large));
      const shipped = await inFreshFolder((folder) => firstRun(folder, picture, kernels.executable));
      const bareElectronMs = await bare.windowMs();
      all.push({
        ...alone,
        allReadyMsBesideJob,
        firstPictureMsWithKernels: shipped.firstPictureMs,
        allReadyMsWithKernels: shipped.allReadyMs,
        bareElectronMs,
      });
      console.log(`first run ${i + 1} of ${launches}: ${JSON.stringify(all.at(-1))}`);
    }
    // Where it fails the other figures hold.
    handOver = await inFreshFolder((folder) => handedOver(folder, large)).catch((error: unknown) => {
      console.error(`✗ hand-over: ${error}`);
      return undefined;
    });
  } finally {
    await bare.remove();
    await kernels.dispose();
  }
  const middle = (key: keyof Figures): number => {
    const sorted = all.map((each) => each[key]).sort((a, b) => a - b);
    return Math.round(sorted[sorted.length >> 1] ?? 0);
  };
  return {
    taken: new Date().toISOString(),
    launches,
    chosen,
    firstPictureMs: middle('firstPictureMs'),
    allReadyMs: middle('allReadyMs'),
    allReadyMsBesideJob: middle('allReadyMsBesideJob'),
    firstPictureMsWithKernels: middle('firstPictureMsWithKernels'),
    allReadyMsWithKernels: middle('allReadyMsWithKernels'),
    secondReadyMs: middle('secondReadyMs'),
    planLoadMs: middle('planLoadMs'),
    secondReadyRatio: middle('secondReadyMs') / middle('planLoadMs'),
    windowMs: middle('windowMs'),
    bareElectronMs: middle('bareElectronMs'),
    usableMs: middle('usableMs'),
    ...(handOver && { handOver }),
  };
}

/**
 * Starts a bare window and the app in turn, so that both meet the same load. Needs no GPU. The app's data stay from one start to the
 * next; the first pair is not counted. Prints each pair, then the least and the middle of each figure and how they compare.
 */
export async function starts(pairs: number): Promise<void> {
  const bare = await bareElectron();
  const all: Record<'bareElectronMs' | 'windowMs' | 'usableMs', number>[] = [];
  try {
    await inFreshFolder(async (folder) => {
      for (let i = 0; i <= pairs; i++) {
        const bareElectronMs = await bare.windowMs();
        const app = await open(folder);
        try {
          const windowMs = await paintedMs(app.window, app.startedAt);
          const pair = { bareElectronMs, windowMs, usableMs: await usableMs(app.window, app.startedAt) };
          console.log(`${i === 0 ? 'not counted' : `pair ${i}`}: ${JSON.stringify(pair)}`);
          if (i > 0) all.push(pair);
        } finally {
          await closeApp(app);
        }
      }
    });
  } finally {
    await bare.remove();
  }
  for (const [name, rank] of [['least', 0] as const, ['middle', all.length >> 1] as const]) {
    const msOf = (key: keyof (typeof all)[number]): number =>
      all.map((pair) => pair[key]).sort((a, b) => a - b)[rank] ?? 0;
    const [bareMs, windowMs, readyMs] = [msOf('bareElectronMs'), msOf('windowMs'), msOf('usableMs')];
    console.log(
      `${name} of ${all.length}: bare ${bareMs.toFixed(0)} ms, window ${windowMs.toFixed(0)} (× ${(windowMs / bareMs).toFixed(2)}),` +
        ` usable ${readyMs.toFixed(0)} (× ${(readyMs / bareMs).toFixed(2)})`,
    );
  }
}

/** The app's data, and the driver's own cache. */
const placesIn = (folder: string) => ({
  data: path.join(folder, 'data'),
  env: { CUDA_CACHE_PATH: path.join(folder, 'driver') },
});

/** @param executable of another copy of the packaged app. */
async function open(folder: string, executable?: string) {
  const startedAt = Date.now();
  const { data, env } = placesIn(folder);
  const app = await launch({ userDataDir: data, args, executable, env });
  await app.window.evaluate('globalThis.__name = (f) => f');
  return { ...app, startedAt };
}

/** Prepares and works on the picture as soon as the chosen tool can; then starts the app once more. */
async function firstRun(folder: string, picture: string, executable?: string) {
  const first = await open(folder, executable);
  let figures: { firstPictureMs: number; allReadyMs: number; windowMs: number };
  try {
    const page = first.window;
    const windowMs = await paintedMs(page, first.startedAt);
    await prepareBehind(page);
    await page.evaluate(watchFirstTile);
    await showPicture(page, picture);
    await page.waitForFunction(() => window.firstRun.chosenAt !== null, null, { ...patience, polling: 'raf' });
    const { job, firstTileMs, startedAt } = await page.evaluate(runInWindow, true);
    if (job.kind !== 'done' || job.device !== 'gpu') throw new Error(`The job ended ${JSON.stringify(job)}`);
    const { clickedAt } = await page.evaluate(() => window.firstRun);
    const allReadyMs = await allReady(page);
    figures = { firstPictureMs: startedAt + firstTileMs - clickedAt, allReadyMs, windowMs };
  } finally {
    await closeApp(first);
  }
  const second = await open(folder, executable);
  try {
    await reached(second.window, ({ setup }) => setup.kind === 'ready' && setup.device.kind === 'gpu');
    const secondReadyMs = Date.now() - second.startedAt;
    return { ...figures, secondReadyMs, usableMs: await usableMs(second.window, second.startedAt) };
  } finally {
    await closeApp(second);
  }
}

/** Prepares while a job runs on the processor, which then moves to the GPU. */
async function besideProcessorJob(folder: string, picture: string) {
  const app = await open(folder);
  try {
    const page = app.window;
    await prepareBehind(page);
    await showPicture(page, picture);
    await page.getByTestId('start').click();
    const allReadyMs = await allReady(page);
    const { job } = await stateOf(page);
    if (job.kind !== 'running' && job.kind !== 'done') throw new Error(`The job ended ${JSON.stringify(job)}`);
    console.log(`a job that began on the processor, once every model is ready: ${JSON.stringify(job)}`);
    return allReadyMs;
  } finally {
    await closeApp(app);
  }
}

/** A job of a tool whose tiles take the processor less than its engine takes to be made, so that both have a part in the result. */
async function handedOver(folder: string, picture: string): Promise<HandOver> {
  const app = await open(folder);
  try {
    const page = app.window;
    await prepareBehind(page);
    await page.getByTestId(`tool-${handedOverTool}`).click();
    await showPicture(page, picture);
    await watchHandOver(app);
    await page.getByTestId('start').click();
    const handOver = await measureHandOver(app, () => showPicture(page, picture));
    if (!handOver) throw new Error('The job never moved');
    console.log(`handed over: ${JSON.stringify(handOver)}`);
    return handOver;
  } finally {
    await closeApp(app);
  }
}

/** Clicks Prepare after a glance, and goes on to the tools at once. */
async function prepareBehind(page: Page): Promise<void> {
  await page.getByTestId('first-run-prepare').waitFor(patience);
  await setTimeout(glanceMs);
  await page.evaluate(record, chosen);
  const skip = page.getByTestId('first-run-skip').or(page.getByTestId('first-run-start'));
  await page.getByTestId('first-run-preparing').waitFor(patience);
  await skip.click();
}

async function allReady(page: Page): Promise<number> {
  await page.waitForFunction(() => window.firstRun.allAt !== null, null, patience);
  const { clickedAt, allAt, failed } = await page.evaluate(() => window.firstRun);
  if (failed.length > 0) throw new Error(`Not prepared: ${failed.join(', ')}`);
  return (allAt ?? Number.NaN) - clickedAt;
}

async function showPicture(page: Page, file: string): Promise<void> {
  await page.getByTestId('file-input').setInputFiles(file);
  await page.locator('[data-testid="start"]:enabled').waitFor(patience);
}

/** From the start of the process until the workspace is drawn, as the page itself marks it (renderer/workspace/Workspace.tsx). */
async function usableMs(page: Page, startedAt: number): Promise<number> {
  await page.waitForFunction(() => performance.getEntriesByName('usable').length > 0, null, patience);
  const markedAt = await page.evaluate(
    () => performance.timeOrigin + (performance.getEntriesByName('usable')[0]?.startTime ?? Number.NaN),
  );
  return markedAt - startedAt;
}

// What follows runs in the window.

/** Notes when engines are ready, and clicks Prepare. */
function record(tool: string): void {
  const recorder: Recorder = { clickedAt: performance.now(), allAt: null, chosenAt: null, failed: [] };
  window.firstRun = recorder;
  const phases = new Map<string, string>();
  let isOnGpu = false;
  window.refit.onEvent(({ event }) => {
    if (event.kind === 'preparing') for (const row of event.rows) phases.set(row.model, row.phase);
    if (event.kind === 'row') phases.set(event.row.model, event.row.phase);
    if (event.kind === 'row' && event.row.phase === 'failed') recorder.failed.push(event.row.model);
    if (event.kind === 'ready') isOnGpu = event.device.kind === 'gpu';
    if (event.kind === 'ready' && event.device.kind === 'gpu')
      for (const row of event.device.rows) phases.set(row.model, row.phase);
    const isMade = (phase: string | undefined): boolean => phase === 'done' || phase === 'cached';
    if (isOnGpu && isMade(phases.get(tool))) recorder.chosenAt ??= performance.now();
    if ([...phases.values()].every((phase) => isMade(phase) || phase === 'failed'))
      recorder.allAt ??= performance.now();
  });
  document.querySelector<HTMLButtonElement>('[data-testid="first-run-prepare"]')?.click();
}
