import { expect, test } from './app';

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
