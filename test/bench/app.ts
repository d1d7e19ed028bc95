/** Drives the packaged app as a person does, and times it by the window's own clock. */
import { spawnSync } from 'node:child_process';
import { rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { RefitApi } from '../../app/contract';
import type { AppState } from '../../app/states';
import { launch, neverAsk, type RunningApp } from '../e2e/app';
import { answerSaveDialog } from '../e2e/steps';
import type { AppRow, PngToBlob } from './appReport';
import { watchMemory } from './memory';

export type Compositing = AppRow['compositing'];
export type Format = AppRow['format'];

const gpuFlags = (
  process.env.REFIT_BENCH_GPU_FLAGS ?? '--ignore-gpu-blocklist --enable-gpu-rasterization --use-gl=angle --use-angle=gl'
).split(' ');

export type App = Awaited<ReturnType<typeof openApp>>;

/** Globals that this script adds to the window. */
declare global {
  interface Window {
    refit: RefitApi;
    bench: { firstTile: ((at: number) => void) | null };
  }
}

/** Whether the driver lists a process as one that draws; Chromium does not tell its renderer's name everywhere. */
function drawsOnNvidia(pid: number): boolean {
  const listed = spawnSync('nvidia-smi', ['-q', '-x'], { encoding: 'utf8' }).stdout ?? '';
  return [...listed.matchAll(/<process_info>.*?<\/process_info>/gs)].some(
    ([entry]) => entry.includes(`<pid>${pid}</pid>`) && /<type>(C\+)?G<\/type>/.test(entry),
  );
}

/**
 * Starts the app and waits until it is ready; prepares where it never has.
 * @param device that jobs must run on. @throws Error where the app ends up on another.
 */
export async function openApp(userData: string, compositing: Compositing, device: 'gpu' | 'cpu') {
  // A keyring would hide the key of the app's cache from this script.
  const args = ['--password-store=basic'];
  const app = await launch({ userDataDir: userData, args, ...(compositing === 'gpu' && { drawing: gpuFlags }) });
  const { window } = app;
  // esbuild marks named functions with a helper, which functions that are sent to another process do not find there.
  const helper = 'globalThis.__name = (f) => f';
  await window.evaluate(helper);
  await app.app.evaluate(helper);
  try {
    await ready(app, device);
  } catch (error) {
    // One that stays open would take the next start's place.
    await closeApp(app);
    throw error;
  }
  const facts = await app.app.evaluate(({ app: electron, BrowserWindow }) => ({
    status: electron.getGPUFeatureStatus().gpu_compositing as string,
    electron: process.versions.electron ?? '',
    main: process.pid,
    window: BrowserWindow.getAllWindows()[0]?.webContents.getOSProcessId() ?? 0,
    drawer: electron.getAppMetrics().find(({ type }) => type === 'GPU')?.pid ?? 0,
  }));
  const known = await app.app.evaluate(async ({ app: electron }) => electron.getGPUInfo('complete'));
  const { glRenderer: main } = (known as { auxAttributes?: { glRenderer?: string } }).auxAttributes ?? {};
  const renderer = (await window.evaluate(glRenderer)) ?? main ?? (drawsOnNvidia(facts.drawer) ? 'NVIDIA' : undefined);
  // Chromium says "enabled" even where its GPU process failed, or where the system draws GL in software.
  const isGpu = facts.status.startsWith('enabled') && renderer && !/llvmpipe|softpipe|swiftshader/i.test(renderer);
  await window.evaluate(watchFirstTile);
  await window.evaluate(discardUnsaved);
  return {
    ...app,
    electron: facts.electron,
    /** Chromium's own words on how it draws. */
    status: `gpu_compositing ${facts.status}, GL ${renderer ?? 'none'}`,
    compositing: (isGpu ? 'gpu' : 'software') as Compositing,
    pids: { main: facts.main, window: facts.window },
  };
}

const preparation = { timeout: 300_000 };

async function ready({ window: page }: RunningApp, device: 'gpu' | 'cpu'): Promise<void> {
  const prepare = page.getByTestId('first-run-prepare');
  const goOn = page.getByTestId('first-run-continue');
  const status = page.getByTestId('status');
  await prepare.or(goOn).or(status).first().waitFor(preparation);
  if (await prepare.isVisible()) await prepare.click();
  await goOn.or(status).first().waitFor(preparation);
  if (await goOn.isVisible()) await goOn.click();
  // The tools open before the card is found.
  const { setup } = await reached(
    page,
    ({ setup }) =>
      setup.kind === 'ready' && (setup.device.kind === 'gpu' || setup.device.reason.code !== 'GPU_LOOKING'),
  );
  const isOn = setup.kind === 'ready' && setup.device.kind;
  if (isOn !== device) throw new Error(`The app works on ${isOn}: ${JSON.stringify(setup)}`);
}

export async function stateOf(page: RunningApp['window']): Promise<AppState> {
  const answer = await page.evaluate(() => window.refit.getState());
  if (!answer.ok) throw new Error(JSON.stringify(answer.error));
  return answer.value.state;
}

/**
 * Asks for the app's state every 5 ms until it is as wanted; Playwright's own `waitForFunction` takes any promise for a yes.
 * @throws Error where it does not come to that.
 */
export async function reached(
  page: RunningApp['window'],
  isWanted: (state: AppState) => boolean,
  timeoutMs = preparation.timeout,
): Promise<AppState> {
  for (const end = performance.now() + timeoutMs; ; ) {
    const state = await stateOf(page);
    if (isWanted(state)) return state;
    if (performance.now() > end) throw new Error(`The app stays at ${JSON.stringify({ ...state, tileMs: undefined })}`);
    await delay(5);
  }
}

/** Opens a picture from a file and waits until the window shows it. */
export async function openPicture({ window: page }: App, file: string): Promise<void> {
  const before = (await stateOf(page)).picture?.id ?? 0;
  await page.getByTestId('file-input').setInputFiles(file);
  await reached(page, ({ picture }) => (picture?.id ?? 0) > before, 60_000);
  await page.locator('[data-testid="start"]:enabled').waitFor();
  // The window has drawn it by then.
  await page.waitForTimeout(500);
}

export const chooseTool = ({ window }: App, model: string): Promise<void> =>
  window.getByTestId(`tool-${model}`).click();

/** Runs in the window: lets each unsaved result go as soon as the window asks. */
function discardUnsaved(): void {
  const answer = (): void => document.querySelector<HTMLButtonElement>('[data-testid="question-discard"]')?.click();
  new MutationObserver(answer).observe(document.body, { childList: true, subtree: true });
}

/** Starts the chosen tool. @param draws whether its result is a picture. @throws Error with the app's words where the job does not run through on the device. */
export async function runJob({ window }: App, device: 'gpu' | 'cpu', draws = true) {
  const { job, jobMs, firstTileMs } = await inTime('job', window.evaluate(runInWindow, draws));
  if (job.kind !== 'done') throw new Error(`The job ended ${JSON.stringify(job)}`);
  if (job.setback || job.device !== device) throw new Error(`The job did not run straight: ${JSON.stringify(job)}`);
  return { tiles: job.total, jobMs, firstTileMs };
}

/** @returns milliseconds from the click until the result is saved. */
export async function saveAs(app: RunningApp, file: string, format: Format): Promise<number> {
  await app.window.getByTestId(`format-${format}`).click();
  await answerSaveDialog(app, file);
  return inTime('save', app.window.evaluate(saveInWindow));
}

/** Saves the result. @param file is measured and then removed. */
export async function saveResult(app: App, file: string, format: Format): Promise<{ savedMs: number; bytes: number }> {
  const savedMs = await saveAs(app, file, format);
  const { size: bytes } = await stat(file);
  await rm(file);
  return { savedMs, bytes };
}

/** Ends the app, even one that hangs. */
export async function closeApp({ app }: Pick<App, 'app'>): Promise<void> {
  // A window that asks about an unsaved result would not close.
  const isClosed = await inTime(
    'end',
    neverAsk(app).then(() => app.close()),
    20_000,
  ).then(
    () => true,
    () => false,
  );
  if (!isClosed) app.process().kill('SIGKILL');
}

/** Waits for work. @throws Error where it does not end in time. */
export async function inTime<T>(what: string, work: Promise<T>, ms = 240_000): Promise<T> {
  const clock = new AbortController();
  const late = delay(ms, undefined, { signal: clock.signal, ref: false }).then(() => {
    throw new Error(`No ${what} within ${ms / 1000} s`);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clock.abort();
    late.catch(() => {});
  }
}

export const watch = ({ pids }: App) => watchMemory(pids.main, pids.window);

/** Saves the result that is open as PNG, and has Chromium make one of the same pixels. @param folder for the file. */
export async function pngToBlob(app: App, folder: string): Promise<PngToBlob> {
  const { savedMs: appMs, bytes: appBytes } = await saveResult(app, path.join(folder, 'result.png'), 'png');
  const made = await app.window.evaluate(blobInWindow);
  return { ...made, appMs, ratio: appMs / made.toBlobMs, appBytes };
}

// What follows runs in the window.

/** The name of what draws WebGL, which draws the window too; null where nothing does. */
function glRenderer(): string | null {
  const context = document.createElement('canvas').getContext('webgl');
  const names = context?.getExtension('WEBGL_debug_renderer_info');
  return names ? (context?.getParameter(names.UNMASKED_RENDERER_WEBGL) as string) : null;
}

/** Tells once of the frame after the one in which pixels of the result are first drawn on its canvas. */
export function watchFirstTile(): void {
  window.bench = { firstTile: null };
  const filled = new WeakSet<object>();
  const offscreen = OffscreenCanvasRenderingContext2D.prototype;
  const put = offscreen.putImageData as (...args: unknown[]) => void;
  offscreen.putImageData = function (this: OffscreenCanvasRenderingContext2D, ...args: unknown[]) {
    if (window.bench.firstTile) filled.add(this.canvas);
    return put.apply(this, args);
  };
  const shown = CanvasRenderingContext2D.prototype;
  const draw = shown.drawImage as (...args: unknown[]) => void;
  shown.drawImage = function (this: CanvasRenderingContext2D, ...args: unknown[]) {
    const tell = window.bench.firstTile;
    if (tell && this.canvas.dataset.testid === 'result-canvas' && filled.has(args[0] as object)) {
      window.bench.firstTile = null;
      requestAnimationFrame(() => tell(performance.now()));
    }
    return draw.apply(this, args);
  };
}

export async function runInWindow(draws: boolean) {
  const start = document.querySelector<HTMLButtonElement>('[data-testid="start"]');
  if (!start) throw new Error('There is no Start');
  const firstTile = new Promise<number>((resolve) => {
    window.bench.firstTile = resolve;
  });
  const answer = await window.refit.getState();
  const last = answer.ok && answer.value.state.job.kind !== 'idle' ? answer.value.state.job.id : 0;
  const startedAt = performance.now();
  const ended = new Promise<{ job: AppState['job']; at: number }>((resolve) => {
    const stop = window.refit.onEvent(({ event }) => {
      if (event.kind !== 'job') return;
      const { job } = event;
      if (job.kind === 'idle' || job.kind === 'running' || job.id === last) return;
      stop();
      resolve({ job, at: performance.now() });
    });
  });
  start.click();
  const { job, at } = await ended;
  const tileAt = job.kind === 'done' && draws ? await firstTile : at;
  return { job, startedAt, jobMs: at - startedAt, firstTileMs: tileAt - startedAt };
}

async function saveInWindow(): Promise<number> {
  const save = document.querySelector<HTMLButtonElement>('[data-testid="save"]');
  if (!save) throw new Error('There is no Save');
  const startedAt = performance.now();
  save.click();
  return new Promise((resolve, reject) => {
    const look = () => {
      if (document.querySelector('[data-testid="saved"]')) resolve(performance.now() - startedAt);
      const error = document.querySelector('[data-testid="actions"] [data-testid="error-inline"]');
      if (error) reject(new Error(`Not saved: ${error.textContent}`));
    };
    new MutationObserver(look).observe(document.body, { subtree: true, childList: true });
  });
}

/** The result's pixels on one canvas, as PNG. */
async function blobInWindow() {
  const answer = await window.refit.getState();
  const result = answer.ok ? answer.value.state.result : null;
  if (!result) throw new Error('There is no result');
  const { id, width, height } = result;
  const canvas = document.createElement('canvas');
  Object.assign(canvas, { width, height });
  const context = canvas.getContext('2d');
  const side = 1024;
  for (let y = 0; y < height; y += side)
    for (let x = 0; x < width; x += side) {
      const region = { x, y, width: Math.min(side, width - x), height: Math.min(side, height - y) };
      const view = await window.refit.view({
        layer: 'result',
        id,
        region,
        width: region.width,
        height: region.height,
      });
      if (!view.ok) throw new Error(JSON.stringify(view.error));
      const image = new ImageData(region.width, region.height);
      const { bytes, channels } = view.value;
      for (let from = 0, to = 0; from < bytes.length; from += channels, to += 4) {
        image.data[to] = bytes[from] as number;
        image.data[to + 1] = bytes[from + 1] as number;
        image.data[to + 2] = bytes[from + 2] as number;
        image.data[to + 3] = channels === 4 ? (bytes[from + 3] as number) : 255;
      }
      context?.putImageData(image, x, y);
    }
  const startedAt = performance.now();
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'));
  const toBlobMs = performance.now() - startedAt;
  return { width, height, toBlobMs, toBlobBytes: blob?.size ?? 0 };
}
