/** A window that was taken over gets nowhere, and the window's own policy breaks nothing of ours. */
import type { RefitApi } from '../app/contract';
import { expect, test } from './app';
import { ready } from './steps';

declare global {
  interface Window {
    refit: RefitApi;
  }
}

test('gives the window named methods and nothing else', async ({ refit }) => {
  await ready(refit);
  const found = await refit.window.evaluate(() => ({
    methods: Object.keys(window.refit).sort(),
    node: ['require', 'process', 'Buffer', 'electron', 'ipcRenderer'].filter((name) => name in window),
  }));
  expect(found.node).toEqual([]);
  expect(found.methods).toEqual([
    'cancelJob',
    'chooseVersion',
    'compareVersions',
    'copyText',
    'finishJob',
    'getState',
    'goOn',
    'installWeights',
    'listModels',
    'listVersions',
    'onOutputs',
    'onState',
    'onTile',
    'prepare',
    'retry',
    'runParts',
    'sample',
    'save',
    'showInFolder',
    'startJob',
    'tileShown',
  ]);
});

test.describe('refuses', () => {
  test('arguments that are not what the contract says', async ({ refit }) => {
    await ready(refit);
    const codes = await refit.window.evaluate(async () => {
      const { startJob, sample, save } = window.refit as unknown as Record<string, (args: unknown) => Promise<unknown>>;
      const job = { model: 'fast-x4', width: 2, height: 2, rgb: new Uint8Array(12) };
      const picture = { suggestedName: 'a', format: 'png', bytes: new Uint8Array(1) };
      const answers = await Promise.all([
        startJob?.({ ...job, rgb: new Uint8Array(11) }),
        startJob?.({ ...job, width: -2, height: -2 }),
        startJob?.({ ...job, width: 1e9 }),
        startJob?.({ ...job, model: '../fast-x4' }),
        startJob?.({ ...job, model: 'constructor' }),
        startJob?.({ ...job, rgb: 'pixels' }),
        startJob?.({ ...job, more: 1 }),
        startJob?.(null),
        startJob?.(undefined),
        sample?.(42),
        sample?.('../../../etc'),
        save?.({ ...picture, format: 'exe' }),
        save?.({ ...picture, suggestedName: '' }),
        save?.({ ...picture, path: '/etc/passwd' }),
      ]);
      return answers.map((answer) => (answer as { error?: { code: string } }).error?.code);
    });
    expect(codes).toEqual(codes.map(() => 'BAD_MESSAGE'));
    expect(codes).toHaveLength(14);
    await expect(refit.window.getByTestId('status-job')).toHaveText('');
  });

  test('a tool that is not there', async ({ refit }) => {
    await ready(refit);
    const answer = await refit.window.evaluate(() => window.refit.sample('no-such-tool'));
    expect(answer).toMatchObject({ ok: false, error: { code: 'MODEL_MISSING' } });
  });

  test('to leave its own page', async ({ refit }) => {
    await ready(refit);
    for (const url of ['https://example.com/', 'file:///etc/passwd', 'app://elsewhere/', 'data:text/html,hi']) {
      await refit.window.evaluate((to) => {
        location.href = to;
      }, url);
      await refit.window.waitForTimeout(150);
      const shown = await refit.app.evaluate(({ webContents }) =>
        webContents.getAllWebContents().map((c) => c.getURL()),
      );
      expect(shown).toEqual(['app://refit/']);
    }
    // Not by a locator: those wait for a navigation that was refused.
    expect(await refit.window.evaluate(() => document.querySelector('[data-testid="status"]') !== null)).toBe(true);
  });

  test('another window', async ({ refit }) => {
    await ready(refit);
    expect(await refit.window.evaluate(() => window.open('app://refit/') === null)).toBe(true);
    expect(refit.app.windows()).toHaveLength(1);
  });

  test('files outside its folder, and the network', async ({ refit }) => {
    await ready(refit);
    const reached = await refit.window.evaluate(async () => {
      const urls = ['file:///etc/passwd', 'https://example.com/', '/%2e%2e/main/index.js', '/..%2f..%2fpackage.json'];
      const answers = await Promise.all(
        urls.map((url) =>
          fetch(url).then(
            (r) => r.ok,
            () => false,
          ),
        ),
      );
      return urls.filter((_, i) => answers[i]);
    });
    expect(reached).toEqual([]);
  });
});

test('starts without one breach of its own policy, in its own type', async ({ refit }) => {
  await ready(refit);
  const errors: string[] = [];
  refit.window.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
  refit.window.on('pageerror', (error) => errors.push(error.message));
  await refit.window.reload();
  await ready(refit);
  await refit.window.getByTestId('why').or(refit.window.getByTestId('device')).click();
  await refit.window.evaluate(() => document.fonts.ready);
  const fonts = await refit.window.evaluate(() =>
    [...document.fonts].filter(({ status }) => status === 'loaded').map(({ family }) => family.replaceAll('"', '')),
  );
  expect(fonts).toContain('Inter Variable');
  expect(errors).toEqual([]);
});
