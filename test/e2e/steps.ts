/** Steps that a person takes in the window, by names that read well in tests. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, type Page } from '@playwright/test';
import type { Layer, RefitApi, Results } from '../../app/contract';
import { maxViewPixels } from '../../app/pictureLimits';
import { type AppState, isUnsaved } from '../../app/states';
import type { Rect } from '../../app/tiles';
import type { RunningApp } from './app';
import { decode, encode, type Picture, pictures, psnr } from './pictures';

declare global {
  interface Window {
    refit: RefitApi;
  }
}

/** The part of an app that most steps need: an installed one gives tests its window alone. */
export type Shown = Pick<RunningApp, 'window'>;

/** Long enough for a processor that others use too. */
const patient = { timeout: 90_000 };

/** Waits for the workspace; where a GPU was found, goes past the first screen to the processor. */
export async function ready({ window }: Shown): Promise<void> {
  const skip = window.getByTestId('first-run-skip');
  await expect(window.getByTestId('status').or(skip)).toBeVisible();
  if (await skip.isVisible()) await skip.click();
  await expect(window.getByTestId('status')).toBeVisible();
}

/** Long enough for the refit, kernels and golden pictures of all networks. */
export const preparation = { timeout: 180_000 };

/** The first start: prepares the card that the first screen shows as chosen, and goes on to the tools. */
export async function prepare({ window }: Shown): Promise<void> {
  await window.getByTestId('first-run-prepare').click();
  await expect(window.getByTestId('first-run-prepared')).toBeVisible(preparation);
  await window.getByTestId('first-run-continue').click();
}

export async function chooseTool({ window }: Shown, model: string): Promise<void> {
  await window.getByTestId(`tool-${model}`).click();
  await expect(window.getByTestId(`tool-${model}`)).toHaveAttribute('aria-current', 'true');
}

/** Does something that drops a result, and agrees where the window asks. */
export async function discarding(shown: Shown, act: () => Promise<void>): Promise<void> {
  const isAsked = isUnsaved(await stateOf(shown));
  await act();
  if (isAsked) await shown.window.getByTestId('question-discard').click();
}

/** Hands the window a file as its file chooser would, and drops an unsaved result. */
export const chooseFile = (shown: Shown, name: string, buffer: Buffer): Promise<void> =>
  discarding(shown, () =>
    shown.window.getByTestId('file-input').setInputFiles({ name, mimeType: 'image/png', buffer }),
  );

/** Opens a picture and waits until it shows. */
export async function openPicture(refit: Shown, picture: Picture, name = 'cat.png'): Promise<void> {
  await chooseFile(refit, name, encode(picture));
  await expect(refit.window.getByTestId('picture-size')).toContainText(`${picture.width} × ${picture.height}`);
  // The window hears of the picture a moment before it is through with opening it.
  await expect(refit.window.getByTestId('start')).toBeEnabled();
}

/** Starts the chosen tool and waits for its end; drops an unsaved result. */
export async function run(shown: Shown): Promise<void> {
  const { window } = shown;
  await discarding(shown, () => window.getByTestId('start').click());
  const failure = window.locator('[data-testid="actions"]').getByTestId('error-inline');
  await expect(window.getByTestId('save').or(failure)).toBeVisible(patient);
  if (await failure.isVisible()) throw new Error(`The tool failed: ${await failure.textContent()}`);
}

/** Runs the tool that is soonest done on a small picture: for tests that ask whether the app works at all. */
export async function work(refit: Shown): Promise<void> {
  await chooseTool(refit, 'blur-faces');
  await openPicture(refit, await pictures['fast-x4']());
  await run(refit);
}

/** Starts the chosen tool and waits until it has done a tile. */
export async function runUntilFirstTile({ window }: Shown): Promise<void> {
  await window.getByTestId('start').click();
  await expect(window.getByTestId('status-job')).toContainText(/[1-9]\d* of \d+ tiles/, patient);
}

/** Main's state. */
export async function stateOf(shown: Shown): Promise<AppState> {
  const answer = await shown.window.evaluate(() => window.refit.getState());
  if (!answer.ok) throw new Error(JSON.stringify(answer.error));
  return answer.value.state;
}

/** A layer's id and its size in pixels, by main's state. @throws Error where it is not there. */
async function sourceOf(shown: Shown, layer: Layer): Promise<{ id: number; width: number; height: number }> {
  const { picture, result } = await stateOf(shown);
  const source = layer === 'original' ? picture : result;
  if (!source) throw new Error(`No ${layer}`);
  return source;
}

type Seen = Omit<Results['view'], 'bytes'> & { bytes: string };

/** A part of a layer as the window sees it; bytes in base64. */
async function viewOf(page: Page, layer: Layer, id: number, region: Rect): Promise<Seen> {
  const { width, height } = region;
  const seen = await page.evaluate(
    async (asked) => {
      const answer = await window.refit.view(asked);
      if (!answer.ok) return answer.error;
      const { bytes } = answer.value;
      let text = '';
      for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192));
      return { ...answer.value, bytes: btoa(text) };
    },
    { layer, id, region, width, height },
  );
  if ('code' in seen) throw new Error(JSON.stringify(seen));
  return seen;
}

/** Strips of whole rows, each as large as a view may be. */
function* strips({ width, height }: { width: number; height: number }): Generator<Rect> {
  const most = Math.max(1, Math.floor(maxViewPixels / width));
  for (let y = 0; y < height; y += most) yield { x: 0, y, width, height: Math.min(most, height - y) };
}

/** All pixels of a layer that the window can look at, as main hands them out. */
export async function layerPicture(shown: Shown, layer: Layer): Promise<Picture> {
  const { id, width, height } = await sourceOf(shown, layer);
  const data = Buffer.alloc(width * height * 4, 255);
  for (const strip of strips({ width, height })) {
    const { bytes, channels } = await viewOf(shown.window, layer, id, strip);
    const pixels = Buffer.from(bytes, 'base64');
    const from = strip.y * width * 4;
    if (channels === 4) pixels.copy(data, from);
    else for (let i = 0; i * 3 < pixels.length; i++) pixels.copy(data, from + i * 4, i * 3, i * 3 + 3);
  }
  return { width, height, data };
}

/** Share of the result that is there, 0 to 1. */
export async function shareThere(shown: Shown): Promise<number> {
  const { id, width, height } = await sourceOf(shown, 'result');
  const strip = { x: 0, y: 0, width, height };
  const { there } = await shown.window.evaluate(
    async (asked) => {
      const answer = await window.refit.view(asked);
      if (!answer.ok) throw new Error(JSON.stringify(answer.error));
      return { there: answer.value.there };
    },
    { layer: 'result' as const, id, region: strip, width: 1, height: 1 },
  );
  if (!there) return 1;
  return there.reduce((sum, rect) => sum + rect.width * rect.height, 0) / (width * height);
}

/** The save dialog answers `file` from now on, or cancels. */
export const answerSaveDialog = ({ app }: RunningApp, file: string | null): Promise<void> =>
  app.evaluate(({ dialog }, filePath) => {
    dialog.showSaveDialog = async (...args: unknown[]) => {
      Object.assign(globalThis, { askedToSave: args.at(-1) });
      return { canceled: filePath === null, filePath: filePath ?? '' };
    };
  }, file);

/** The file name that the last save dialog suggested. */
export const suggestedName = async ({ app }: RunningApp): Promise<string> =>
  path.basename(
    await app.evaluate(
      () => (globalThis as unknown as { askedToSave: { defaultPath: string } }).askedToSave.defaultPath,
    ),
  );

/** Saves the result through the app. @returns the file's bytes. */
export async function save(refit: RunningApp, file: string): Promise<Buffer> {
  await answerSaveDialog(refit, file);
  await refit.window.getByTestId('save').click();
  await expect(refit.window.getByTestId('saved')).toContainText(path.basename(file));
  return readFile(file);
}

/** Saves the result as PNG. @returns its pixels. */
export const savedPicture = async (refit: RunningApp): Promise<Picture> =>
  decode(await save(refit, path.join(refit.userDataDir, 'result.png')));

/** Expects the inline error of a code, in words. */
export async function expectError({ window }: Shown, code: string): Promise<void> {
  const error = window.locator(`[data-testid="error-inline"][data-code="${code}"]`);
  await expect(error).toBeVisible(patient);
  await expect(error).toContainText(/\w+ \w+/);
}

/** Ends a host as a crash would, stops it, or lets it go on. */
export async function killHost(
  { app }: RunningApp,
  name: 'Refit CPU host' | 'Refit GPU host' | 'Refit WebGPU host' | 'Refit picture host',
  signal: NodeJS.Signals = 'SIGKILL',
): Promise<void> {
  const pid = await app.evaluate(
    ({ app: electron }, wanted) => electron.getAppMetrics().find((m) => [m.name, m.serviceName].includes(wanted))?.pid,
    name,
  );
  if (!pid) throw new Error(`No process called ${name}`);
  process.kill(pid, signal);
}

/** Expects a result close to its reference, and adds to the report how close. */
export function expectClose(name: string, actual: Picture, reference: Picture, db: number, channels?: 'alpha'): void {
  const value = psnr(actual, reference, channels);
  console.log(`    ${name}: ${value.toFixed(1)} dB, at least ${db} wanted`);
  expect(value).toBeGreaterThanOrEqual(db);
}
