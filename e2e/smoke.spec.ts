import { expect, test } from './app';

test('opens one window, from the packaged app', async ({ refit }) => {
  expect(refit.app.windows()).toHaveLength(1);
  expect(await refit.app.evaluate(({ app }) => app.isPackaged)).toBe(true);
  await expect(refit.window.locator('#root > *').first()).toBeVisible();
  await refit.screenshot('smoke');
});

test('keeps the window away from Node', async ({ refit }) => {
  expect(
    await refit.window.evaluate(() => ['require', 'process', 'module'].filter((name) => name in globalThis)),
  ).toEqual([]);
});
