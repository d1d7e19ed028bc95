/**
 * The app's entry: opens the window before it reads anything else. It imports little; the rest (index.ts) is read while Chromium draws
 * the page.
 */
// Imported first, so that files which other modules make at their import are readable by this user alone too.
import './umask';
import path from 'node:path';
import { app, type BrowserWindow, Menu } from 'electron';
import { takeLock } from './alone';
import { type Answer, firstAsked, listen } from './window/listen';
import { createWindow, registerScheme } from './window/window';

/** `dist/`, beside the asar's package.json or the repository's. */
const dist = path.join(__dirname, '..');

/** Once there is one. */
let opened: BrowserWindow | undefined;

async function open(): Promise<void> {
  const standing = await takeLock(app);
  if (standing === 'second') return app.quit();
  await app.whenReady();
  const { window, isDrawn } = createWindow(dist);
  opened = window;
  app.on('second-instance', () => {
    if (window.isMinimized()) window.restore();
    window.focus();
  });
  let answer: (answer: Answer) => void = () => {};
  const answers = new Promise<Answer>((resolve) => {
    answer = resolve;
  });
  listen(window.webContents, firstAsked, answers);
  // Reading the rest keeps this thread busy, which the page needs for its files and its first frame.
  await isDrawn;
  const { start } = await import('./index');
  await start(standing, window, answer);
}

// Before the app is ready: Electron would make a menu of its own.
Menu.setApplicationMenu(null);
registerScheme();
app.on('window-all-closed', () => app.quit());
open().catch(async (error: unknown) => {
  // A person who closes the window while the app starts has left: its parts fail for want of it, and a box would hold up the end.
  if (opened?.isDestroyed()) return app.quit();
  (await import('./index')).fail(error);
});
