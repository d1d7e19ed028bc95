import { expect, readLog, start, test } from './app';

test('opens one window, from the packaged app', async ({ refit }) => {
  expect(refit.app.windows()).toHaveLength(1);
  expect(await refit.app.evaluate(({ app }) => app.isPackaged)).toBe(true);
  await expect(refit.window.locator('#root > *').first()).toBeVisible();
  await refit.screenshot('smoke');
});

test('keeps what it knows in the folder it was given', async ({ refit, userDataDir }) => {
  expect(await refit.app.evaluate(({ app }) => app.getPath('userData'))).toBe(userDataDir);
});

test('keeps the window away from Node', async ({ refit }) => {
  const found = await refit.window.evaluate(() =>
    ['require', 'process', 'module'].filter((name) => name in globalThis),
  );
  expect(found).toEqual([]);
});

test('ends without a word where its window is closed while it starts', async ({ userDataDir }) => {
  const app = await start({ userDataDir });
  const child = app.process();
  // What closing does, but that the end comes later: main goes on starting without its window, and a box would hold the end up. `launch`
  // would wait until it has started.
  await app.evaluate(({ app: main, BrowserWindow }) => {
    main.removeAllListeners('window-all-closed');
    main.on('window-all-closed', () => setTimeout(() => main.quit(), 3000));
    const close = (window: Electron.BrowserWindow) => setImmediate(() => window.destroy());
    main.on('browser-window-created', (_event, window) => close(window));
    for (const window of BrowserWindow.getAllWindows()) close(window);
  });
  await expect.poll(() => child.exitCode).toBe(0);
  expect(await readLog(userDataDir)).not.toContain('[error]');
});
