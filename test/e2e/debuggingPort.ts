/**
 * Looks at an Electron's window as at a web page, over Chromium's debugging port: for an app that Playwright did not start,
 * or whose inspector is closed. The app must be started with `--remote-debugging-port=0` and its stderr piped.
 */
import type { ChildProcess } from 'node:child_process';
import { chromium, type Page } from '@playwright/test';

/** @returns the app's one window. @throws Error with what the app wrote, where it ends before it has one. */
export async function windowOf(app: ChildProcess): Promise<Page> {
  // Electron has no contexts to set defaults of.
  const browser = await chromium.connectOverCDP(await debuggingAddress(app), { noDefaults: true });
  const context = browser.contexts()[0];
  const window = context?.pages()[0] ?? (await context?.waitForEvent('page'));
  if (!window) throw new Error('The app has no window.');
  return window;
}

function debuggingAddress(app: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const read = (data: unknown): void => {
      text += String(data);
      const address = /DevTools listening on (ws:\S+)/.exec(text)?.[1];
      if (address) resolve(address);
    };
    app.stdout?.on('data', read);
    app.stderr?.on('data', read);
    app.once('close', (code) => reject(new Error(`The app ended with ${code}: ${text}`)));
  });
}
