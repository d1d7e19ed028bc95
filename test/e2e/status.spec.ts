/** The status line's words on a job, from its start to the next picture, on the processor. */
import { expect, type RunningApp, test } from './app';
import { crop, pictures } from './pictures';
import { chooseTool, openPicture, ready, run } from './steps';

test.beforeEach(({ refit }) => ready(refit));

/** Records what the line says from here on. */
const listen = ({ window }: RunningApp): Promise<void> =>
  window.getByTestId('status-job').evaluate((line) => {
    const said: string[] = [];
    Object.assign(globalThis, { said });
    const hear = () => said.push(line.textContent ?? '');
    new MutationObserver(hear).observe(line, { childList: true, characterData: true, subtree: true });
  });

const said = ({ window }: RunningApp): Promise<string[]> =>
  window.evaluate(() => (globalThis as unknown as { said: string[] }).said);

test('while a tool opens the line says that it gets ready, and counts no tiles', async ({ refit }) => {
  await chooseTool(refit, 'fast-x4');
  await openPicture(refit, await pictures['fast-x4']());
  await listen(refit);
  await run(refit);
  const words = await said(refit);
  expect(words.filter((text) => text.includes('of 0'))).toEqual([]);
  expect(words).toContain('Getting Fast ×4 ready…');
});

test('a job that is stopped while its tool gets ready says so', async ({ refit }) => {
  const { window } = refit;
  await chooseTool(refit, 'photo-x4');
  await openPicture(refit, await pictures['photo-x4']());
  await window.getByTestId('start').click();
  await refit.screenshot('getting-ready');
  await window.keyboard.press('Escape');
  await expect(window.getByTestId('status-job')).toHaveText('Stopped before the first tile');
  await refit.screenshots('stopped-early');
});

test('beside a newly opened picture nothing is said of the one before', async ({ refit }) => {
  const { window } = refit;
  const picture = await pictures['fast-x4']();
  await chooseTool(refit, 'fast-x4');
  await openPicture(refit, picture);
  await run(refit);
  await expect(window.getByTestId('status-job')).toHaveText(/^Done in /);
  await openPicture(refit, crop(picture, { x: 0, y: 0, width: 80, height: 60 }), 'next.png');
  await expect(window.getByTestId('start')).toBeVisible();
  await expect(window.getByTestId('status-job')).toHaveText('');
  await refit.screenshots('next-picture');
});

test('beside another tool nothing is said of the one that was at work', async ({ refit }) => {
  const { window } = refit;
  await chooseTool(refit, 'fast-x4');
  await openPicture(refit, await pictures['fast-x4']());
  await run(refit);
  await chooseTool(refit, 'photo-x4');
  await expect(window.getByTestId('status-job')).toHaveText('');
  await chooseTool(refit, 'fast-x4');
  await expect(window.getByTestId('status-job')).toHaveText(/^Done in /);
});

test('a screen reader hears of a job by its tenths, not by its tiles', async ({ refit }) => {
  const { window: page } = refit;
  await chooseTool(refit, 'fast-x4');
  await openPicture(refit, await pictures['fast-x4']());
  const answer = await page.evaluate(() => window.refit.getState());
  if (!answer.ok) throw new Error(JSON.stringify(answer.error));
  await page.getByTestId('status-said').evaluate((line) => {
    const heard: string[] = [];
    Object.assign(globalThis, { heard });
    new MutationObserver(() => heard.push(line.textContent ?? '')).observe(line, {
      characterData: true,
      subtree: true,
    });
  });
  const { sequence, state } = answer.value;
  await refit.app.evaluate(
    ({ BrowserWindow }, { first, device }) => {
      const contents = BrowserWindow.getAllWindows()[0]?.webContents;
      for (let done = 0; done <= 1000; done++) {
        const job = { kind: 'running', id: 1000, model: 'fast-x4', device, done, total: 1000, elapsedMs: done };
        contents?.send('event', { sequence: first + done, event: { kind: 'job', job } });
      }
    },
    { first: sequence + 1, device: state.setup.kind === 'ready' ? state.setup.device.kind : 'cpu' },
  );
  await expect(page.getByTestId('status-job')).toContainText('1000 of 1000');
  const heard = await page.evaluate(() => (globalThis as unknown as { heard: string[] }).heard);
  expect(heard.length).toBeGreaterThan(1);
  expect(heard.length).toBeLessThan(13);
});
