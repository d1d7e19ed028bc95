/** The app's folder goes away, or is replaced, while the app runs: the job says so, and the window stays. */
import { execFileSync } from 'node:child_process';
import { rename } from 'node:fs/promises';
import path from 'node:path';
import { expect, type RunningApp } from './app';
import { test } from './damaged';
import { pictures } from './pictures';
import { chooseTool, expectError, openPicture, ready, run } from './steps';

test.skip(process.platform !== 'linux', 'Elsewhere the folder of an app that runs cannot be moved.');

async function opened(refit: RunningApp): Promise<void> {
  await ready(refit);
  await chooseTool(refit, 'cut-out');
  await openPicture(refit, await pictures['cut-out']());
}

/** Clicks the error's button. The window may close before the click has ended. */
async function leave({ app, window }: RunningApp): Promise<void> {
  const end = new Promise((resolve) => app.process().once('exit', resolve));
  await window
    .getByTestId('restart')
    .click()
    .catch(() => undefined);
  await end;
}

test('says so where its folder was renamed, goes on where it is back, and offers to close', async ({ copy }) => {
  const folder = path.join(copy.resources, '..');
  const refit = await copy.launch();
  await opened(refit);
  await rename(folder, `${folder}-elsewhere`);
  await refit.window.getByTestId('start').click();
  await expectError(refit, 'INSTALL_GONE');
  await refit.screenshots('install-gone');
  await rename(`${folder}-elsewhere`, folder);
  await run(refit);
  // The host runs, and has its files open. Files that the next picture needs might be another version's.
  await openPicture(refit, await pictures['fast-x4'](), 'another.png');
  await rename(folder, `${folder}-elsewhere`);
  await refit.window.getByTestId('start').click();
  await expectError(refit, 'INSTALL_GONE');
  await leave(refit);
});

test('says so where another app lies in its folder, and starts that one', async ({ copy }) => {
  const folder = path.join(copy.resources, '..');
  const refit = await copy.launch();
  await opened(refit);
  await rename(folder, `${folder}-before`);
  // A copy has other files, as an update writes them.
  execFileSync('cp', ['-a', '--reflink=auto', `${folder}-before`, folder]);
  await refit.window.getByTestId('start').click();
  await expectError(refit, 'INSTALL_REPLACED');
  await refit.screenshots('install-replaced');
  await leave(refit);
  const executable = path.join(folder, 'refit');
  const pids = (): string[] => {
    try {
      return execFileSync('pgrep', ['-f', `^${executable} .*--user-data-dir=${refit.userDataDir}`], {
        encoding: 'utf8',
      })
        .trim()
        .split('\n');
    } catch {
      return [];
    }
  };
  await expect.poll(() => pids().length, { timeout: 30_000 }).toBeGreaterThan(1);
  for (const pid of pids()) process.kill(Number(pid), 'SIGKILL');
});
