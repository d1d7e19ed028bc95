/** Keeps the window alive when the page's process crashes, hangs or is ended. Every such end is a line in the log. */
import { type BrowserWindow, dialog } from 'electron';
import { AppError } from '../../app/errors';
import { dialogs } from '../../words/dialogs';
import { wordsOf } from '../../words/errors';
import { forceKill } from '../hosts/spawn';
import log from '../log';
import { loadPage } from './window';

/** The wait before each new try. After the first death the page comes back at once. */
const waitsMs = [0, 1000, 2000, 4000, 8000];
/** After a life this long, earlier deaths do not count: the page died of something new. */
const livedMs = 10_000;

/**
 * Loads the page anew whenever it is gone, later each time, and asks the person once that has not helped.
 * @param onGone called each time that a page is gone, before the next one loads: nobody goes on with what it began.
 */
export function keepPageAlive(window: BrowserWindow, onGone: () => void): void {
  const { webContents } = window;
  let tries = 0;
  let loadedAt = performance.now();
  let next: NodeJS.Timeout | undefined;
  /** The box is open. */
  let isAsking = false;

  const load = (): void => {
    next = undefined;
    if (window.isDestroyed()) return;
    loadedAt = performance.now();
    loadPage(window);
  };

  const again = (why: string): void => {
    log.error('window', why);
    if (next || isAsking || window.isDestroyed()) return;
    if (performance.now() - loadedAt > livedMs) tries = 0;
    const wait = waitsMs[tries++];
    if (wait !== undefined) next = setTimeout(load, wait);
    else void giveUp();
  };

  const giveUp = async (): Promise<void> => {
    const { message, remedy } = wordsOf(new AppError('WINDOW_FAILING', {}));
    log.error('window', `gave up after ${waitsMs.length} tries; the person is asked`);
    const buttons = [dialogs.tryAgain, dialogs.quit];
    isAsking = true;
    const { response } = await dialog.showMessageBox({ type: 'error', message, detail: remedy, buttons, cancelId: 1 });
    isAsking = false;
    tries = 0;
    if (response === 0) load();
    // Not `quit`, which asks once more about an unsaved result.
    else window.destroy();
  };

  let hung: AbortController | undefined;
  const answered = (): void => {
    hung?.abort();
    hung = undefined;
  };
  const askAboutHang = async (): Promise<void> => {
    log.warn('window', 'does not answer');
    if (hung || window.isDestroyed()) return;
    const own = new AbortController();
    hung = own;
    const { message, remedy } = wordsOf(new AppError('WINDOW_SILENT', {}));
    const buttons = [dialogs.wait, dialogs.loadAgain];
    const { signal } = own;
    const { response } = await dialog.showMessageBox({ type: 'warning', message, detail: remedy, buttons, signal });
    // A person who waits is asked again in a while.
    if (hung === own) hung = undefined;
    // Electron's own way only asks the process to end, and a stopped process hears nothing.
    if (response === 1 && !signal.aborted && !window.isDestroyed()) forceKill(webContents.getOSProcessId());
  };

  webContents.on('render-process-gone', (_event, { reason, exitCode }) => {
    answered();
    onGone();
    again(`process gone: ${reason}, exit code ${exitCode}`);
  });
  // A reload puts another document into the same window: the page before is gone.
  webContents.on('did-navigate', onGone);
  webContents.on('did-fail-load', (_event, code, description, url, isMainFrame) => {
    // Another load took the place of an aborted one.
    if (isMainFrame && code !== aborted) again(`not loaded: ${description} (${code}), ${url}`);
  });
  // The window is open before main listens here.
  if (webContents.isCrashed()) again('process gone at its start');
  webContents.on('preload-error', (_event, file, error) => log.error('window', 'preload', file, error));
  webContents.on('unresponsive', () => void askAboutHang());
  webContents.on('responsive', () => {
    log.info('window', 'answers again');
    answered();
  });
}

/** Chromium's net::ERR_ABORTED. */
const aborted = -3;
