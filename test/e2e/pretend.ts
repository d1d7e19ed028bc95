/** Shows states in the packaged window that main is not in. */
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { AppState, NumberedEvent, Snapshot } from '../../app/states';
import { launch, onScreen, type RunningApp, tellFailure } from './app';
import { ready } from './steps';

/**
 * `refit` is one app for all tests of a file, past its start: what they pretend does not reach its main, and each loads the page anew.
 * It begins with no colour scheme asked for, at the size that the window had.
 */
export const test = onScreen.extend<{ refit: RunningApp }, { shared: { refit: RunningApp; size: number[] } }>({
  shared: [
    async ({ display: _ }, use) => {
      const userDataDir = await mkdtemp(path.join(os.tmpdir(), 'refit-e2e-'));
      const refit = await launch({ userDataDir });
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

/** Loads the page anew and starts it from a pretended state. Events of main that come later still reach it. */
export async function pretendState({ app, window: page }: RunningApp, state: AppState): Promise<void> {
  const answer = await page.evaluate(() => window.refit.getState());
  if (!answer.ok) throw new Error(JSON.stringify(answer.error));
  const pretended: Snapshot = { sequence: answer.value.sequence, state };
  await app.evaluate(({ BrowserWindow, ipcMain }, snapshot) => {
    const shared = globalThis as { pretended?: Snapshot };
    const isFirst = !shared.pretended;
    shared.pretended = snapshot;
    const contents = BrowserWindow.getAllWindows()[0]?.webContents;
    if (!isFirst || !contents) return;
    ipcMain.removeHandler('state:get');
    ipcMain.handle('state:get', () => ({ ok: true, value: shared.pretended }));
    // The next page goes on from the last event that main has sent.
    const send = contents.send.bind(contents);
    contents.send = (channel, ...args) => {
      if (channel === 'event' && shared.pretended) shared.pretended.sequence = (args[0] as NumberedEvent).sequence;
      send(channel, ...args);
    };
  }, pretended);
  await page.reload();
}
