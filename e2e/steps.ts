/** What a person does in the window, for the tests to say in their own words. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from '@playwright/test';
import type { RunningApp } from './app';
import { decode, encode, type Picture, psnr } from './pictures';

/** What most steps need of an app: one that is installed shows its window and no more. */
export type Shown = Pick<RunningApp, 'window'>;

/** Long enough for a processor that others use too. */
const patient = { timeout: 90_000 };

/** The workspace is there; where a GPU was found, past its first screen to the processor. */
export async function ready({ window }: Shown): Promise<void> {
  const skip = window.getByTestId('first-run-skip');
  await expect(window.getByTestId('status').or(skip)).toBeVisible();
  if (await skip.isVisible()) await skip.click();
  await expect(window.getByTestId('status')).toBeVisible();
}

export async function chooseTool({ window }: Shown, model: string): Promise<void> {
  await window.getByTestId(`tool-${model}`).click();
  await expect(window.getByTestId(`tool-${model}`)).toHaveAttribute('aria-current', 'true');
}

/** Hands the window a file, as its file chooser would. */
export const chooseFile = ({ window }: Shown, name: string, buffer: Buffer): Promise<void> =>
  window.getByTestId('file-input').setInputFiles({ name, mimeType: 'image/png', buffer });

/** Opens a picture and waits until it shows. */
export async function openPicture(refit: Shown, picture: Picture, name = 'cat.png'): Promise<void> {
  await chooseFile(refit, name, encode(picture));
  await expect(refit.window.getByTestId('picture-size')).toContainText(`${picture.width} × ${picture.height}`);
}

/** Starts the chosen tool and waits for its end. */
export async function run({ window }: Shown): Promise<void> {
  await window.getByTestId('start').click();
  const failure = window.locator('.actions').getByTestId('error-inline');
  await expect(window.getByTestId('save').or(failure)).toBeVisible(patient);
  if (await failure.isVisible()) throw new Error(`The tool failed: ${await failure.textContent()}`);
}

/** Starts the chosen tool and waits until it has done a tile. */
export async function runUntilFirstTile({ window }: Shown): Promise<void> {
  await window.getByTestId('start').click();
  await expect(window.getByTestId('status-job')).toContainText(/[1-9]\d* of \d+ tiles/, patient);
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

/** The inline error with a code is there, in words. */
export async function expectError({ window }: Shown, code: string): Promise<void> {
  const error = window.locator(`[data-testid="error-inline"][data-code="${code}"]`);
  await expect(error).toBeVisible(patient);
  await expect(error).toContainText(/\w+ \w+/);
}

/** Ends an engine host as a crash would, or stops it, or lets it go on. */
export async function killHost(
  { app }: RunningApp,
  name: 'Refit CPU host' | 'Refit GPU host',
  signal: NodeJS.Signals = 'SIGKILL',
): Promise<void> {
  const pid = await app.evaluate(
    ({ app: electron }, wanted) => electron.getAppMetrics().find((m) => [m.name, m.serviceName].includes(wanted))?.pid,
    name,
  );
  if (!pid) throw new Error(`No process called ${name}`);
  process.kill(pid, signal);
}

/** A result is as good as its reference, and the report says how good. */
export function expectClose(name: string, actual: Picture, reference: Picture, db: number, channels?: 'alpha'): void {
  const value = psnr(actual, reference, channels);
  console.log(`    ${name}: ${value.toFixed(1)} dB, at least ${db} wanted`);
  expect(value).toBeGreaterThanOrEqual(db);
}
