/** Shows states in the packaged window that main is not in. */
import type { AppState, NumberedEvent, Snapshot } from '../../app/states';
import { test as base, type RunningApp } from './app';
import { shareApp } from './sharedApp';

/** What these tests pretend does not reach their app's main, and each loads the page anew. */
export const test = shareApp(base);

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
