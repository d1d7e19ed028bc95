/** What the system's file manager or a terminal gives the app to open, at its start and while it runs; and what was opened last. */
import { spawn } from 'node:child_process';
import { mkdir, readdir, rename, stat } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { executables, expect, launch, type RunningApp, test } from './app';
import { expectError, ready } from './steps';

const picture = (file: string, width = 30) =>
  sharp({ create: { width, height: 20, channels: 3, background: '#47a' } }).toFile(file);

/** Starts the app once more, as a file manager does, and waits until it has handed over. */
const startAgain = (userDataDir: string, words: string[], cwd = os.tmpdir()): Promise<number | null> =>
  new Promise((resolve, reject) => {
    const root = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
    const switches = [`--user-data-dir=${userDataDir}`, '--disable-gpu', ...root];
    const second = spawn(executables[process.platform] ?? '', [...switches, ...words], { cwd, stdio: 'ignore' });
    second.once('exit', resolve);
    second.once('error', reject);
  });

const size = ({ window }: RunningApp) => window.getByTestId('picture-size');

test('opens the picture that it was started with, then others beside a running one', async ({ userDataDir }) => {
  const folder = path.join(userDataDir, 'my pictures');
  await mkdir(folder);
  for (const [i, name] of ['one.png', '-two.png', 'drei ü.png'].entries())
    await picture(path.join(folder, name), 31 + i);
  const refit = await launch({ userDataDir, args: [path.join(folder, 'one.png')] });
  await ready(refit);
  await expect(size(refit)).toContainText('31 × 20');
  await expect(refit.window.getByTestId('queue')).toBeHidden();
  // Names that look like switches, from the folder that they were typed in.
  expect(await startAgain(userDataDir, ['--', '-two.png'], folder)).toBe(0);
  await expect(size(refit)).toContainText('32 × 20');
  expect(await startAgain(userDataDir, ['gone.png'], folder)).toBe(0);
  await expectError(refit, 'PICTURE_NOT_OPENED');
  expect(await startAgain(userDataDir, ['.', 'gone.png', './drei ü.png'], folder)).toBe(0);
  await expect(refit.window.getByRole('option')).toHaveCount(3);
  await expect(refit.window.getByTestId('queue-left')).toHaveText('1 file or folder could not be read.');
  await refit.close();
});

test('takes more names than Chromium hands over, and the window stays', async ({ refit, userDataDir }) => {
  const folder = path.join(userDataDir, 'many');
  await mkdir(folder);
  const names = Array.from({ length: 5000 }, (_, i) => path.join(folder, `${'long name '.repeat(10)}${i}.png`));
  for (const name of names.slice(0, 2)) await picture(name);
  await ready(refit);
  expect(await startAgain(userDataDir, names)).toBe(0);
  await expect(refit.window.getByRole('option')).toHaveCount(2);
  await expect(refit.window.getByTestId('queue-left')).toHaveText(/^4.?998 files or folders could not be read\.$/);
  expect((await readdir(userDataDir)).filter((name) => name.startsWith('given-'))).toEqual([]);
});

test('lists what was opened last, until it is gone or cleared', async ({ userDataDir }) => {
  const [one, two] = [path.join(userDataDir, 'one.png'), path.join(userDataDir, 'two.png')];
  await picture(one);
  await picture(two, 40);
  for (const file of [one, two]) {
    const refit = await launch({ userDataDir, args: [file] });
    await ready(refit);
    await expect(size(refit)).toBeVisible();
    await expect(refit.window.getByTestId('start')).toBeEnabled();
    await refit.close();
  }
  await rename(two, path.join(userDataDir, 'moved.png'));
  const refit = await launch({ userDataDir });
  await ready(refit);
  const recent = refit.window.getByTestId('recent');
  await expect(recent.getByRole('listitem')).toHaveText([/^two\.png/, /^one\.png/]);
  await refit.screenshots('recent');
  await recent.getByRole('button', { name: /two\.png/ }).click();
  await expectError(refit, 'PICTURE_NOT_OPENED');
  await expect(recent.getByRole('listitem')).toHaveText([/^one\.png/]);
  await recent.getByRole('button', { name: /one\.png/ }).click();
  await expect(size(refit)).toContainText('30 × 20');
  const [file] = (await readdir(userDataDir, { recursive: true })).filter((name) => name.endsWith('recent.json'));
  if (process.platform !== 'win32') expect((await stat(path.join(userDataDir, file ?? ''))).mode & 0o777).toBe(0o600);
  await refit.window.reload();
  await ready(refit);
  await refit.close();
});
