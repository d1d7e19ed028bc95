/** One app for all tests of a file that need no fresh one: what a test costs is mostly the start of its app. */
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { launch, type RunningApp, tellFailure, type test } from './app';
import { ready } from './steps';

interface Shared {
  refit: RunningApp;
  /** Of the window, as it opened. */
  size: number[];
}

/**
 * `refit` is one app, past its start, at the size that the window had and with no colour scheme asked for. The picture of the test before
 * is open, and what was chosen stays chosen until the page is loaded anew. `userDataDir` is fresh all the same: a place for a test's
 * files, and for an app that it starts itself. Called once a file; each call has an app of its own.
 */
export const shareApp = (base: typeof test) =>
  base.extend<object, { shared: Shared }>({
    shared: [
      async ({ display: _, executable }, use) => {
        const userDataDir = await mkdtemp(path.join(os.tmpdir(), 'refit-e2e-'));
        const refit = await launch({ userDataDir, executable });
        await ready(refit);
        const contents = await refit.app.browserWindow(refit.window);
        await use({ refit, size: await contents.evaluate((shown) => shown.getContentSize()) });
        await refit.close();
        await rm(userDataDir, { recursive: true, force: true, maxRetries: 3 });
      },
      { scope: 'worker' },
    ],
    refit: async ({ shared: { refit, size } }, use, testInfo) => {
      const contents = await refit.app.browserWindow(refit.window);
      await contents.evaluate((shown, [width = 0, height = 0]) => shown.setContentSize(width, height), size);
      await refit.window.emulateMedia({ colorScheme: null });
      await use(refit);
      await tellFailure(refit, testInfo);
    },
  });

/** Loads the page anew, so that nothing is chosen in it but the tool. */
export async function loadAnew(refit: RunningApp): Promise<void> {
  await refit.window.reload();
  await ready(refit);
}
