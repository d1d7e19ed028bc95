/**
 * The screens of a machine with a GPU, in the packaged window, without a GPU: the window starts from pretended states
 * (renderer/dev/scenes.ts) as from main's. So these tests say how a state is drawn, and not how main gets there; gpu.spec.ts does that.
 */
import type { Locator } from '@playwright/test';
import { AppError } from '../../app/errors';
import { type AppState, initialState, type NumberedEvent, type Snapshot } from '../../app/states';
import { scenes, workScenes } from '../../renderer/dev/scenes';
import { fullWordsOf, wordsOf } from '../../words/errors';
import { expect, type RunningApp } from './app';
import { pretendState, test } from './pretend';

/** Commands that a pretended state's buttons send, answered by nobody. */
const held = ['setup:prepare', 'setup:continue', 'setup:retry', 'device:choose'] as const;

const scene = (refit: RunningApp, name: string): Promise<void> => {
  const state = scenes[name];
  if (!state) throw new Error(`No scene "${name}" in renderer/dev/scenes.ts`);
  return pretendState(refit, state);
};

/** Main does not answer the pretended states' buttons. */
test.beforeEach(({ refit }) =>
  refit.app.evaluate(({ ipcMain }, channels) => {
    const asked: string[] = [];
    const given: unknown[] = [];
    Object.assign(globalThis, { asked, given });
    for (const channel of channels) {
      ipcMain.removeHandler(channel);
      ipcMain.handle(channel, (_, args: unknown) => {
        asked.push(channel);
        given.push(args);
        return { ok: true, value: null };
      });
    }
  }, held),
);

const asked = ({ app }: RunningApp): Promise<string[]> =>
  app.evaluate(() => (globalThis as unknown as { asked: string[] }).asked);

/** What the last command was given. */
const chosen = ({ app }: RunningApp): Promise<unknown> =>
  app.evaluate(() => (globalThis as unknown as { given: unknown[] }).given.at(-1));

/** Expects the whole button in the window with nothing over it, and the page no wider than the window. */
async function expectInSight(button: Locator): Promise<void> {
  await expect(button).toBeVisible();
  const hidden = () =>
    button.evaluate((element) => {
      const { left, right, top, bottom } = element.getBoundingClientRect();
      const corners = [left + 4, right - 4].flatMap((x) => [top + 4, bottom - 4].map((y) => [x, y] as const));
      return corners.filter(([x, y]) => !element.contains(document.elementFromPoint(x, y)));
    });
  // A card that hangs on a button is put in its place a frame or more after the window has changed its size.
  await expect.poll(hidden).toEqual([]);
  const wider = () => document.documentElement.scrollWidth - innerWidth;
  expect(await button.page().evaluate(wider)).toBeLessThanOrEqual(0);
}

/** Expects words that are not cut off. */
async function expectUncut(text: Locator): Promise<void> {
  for (const element of await text.all())
    expect(await element.evaluate((e) => e.scrollWidth - e.clientWidth)).toBeLessThanOrEqual(0);
}

async function keep(refit: RunningApp, name: string, button: Locator): Promise<void> {
  await refit.screenshots(`scene-${name}`, async () => {
    await expectInSight(button);
    await expectUncut(
      refit.window.locator(
        'h1, h2, dt, dd, [data-testid="reason"], [data-testid="name-of-row"], [data-testid="text-of-row"], [data-testid="tag"]',
      ),
    );
  });
}

test('found: the card, what each network gets and why, and the way on', async ({ refit }) => {
  const { window } = refit;
  await scene(refit, 'found');
  const prepare = window.getByTestId('first-run-prepare');
  await expect(window.getByRole('heading', { level: 1 })).toHaveText('NVIDIA GeForce RTX 4070');
  await expect(window.getByTestId('first-run-found')).toContainText('Refit finishes its engines for your card.');
  await expect(window.locator('[data-testid="facts"] dd')).toHaveText([
    '12 GB',
    '580.159.04',
    '8.9',
    'TensorRT-RTX 1.6.1',
  ]);
  await expect(window.locator('[aria-current="step"]')).toHaveText('Found');
  await expect(window.getByTestId('reason')).toHaveText(['Made for Ada, the generation of NVIDIA GeForce RTX 4070.']);
  await expect(window.getByTestId('row-photo-x4')).toHaveText('Photo ×4ada');
  await expect(window.locator('[data-testid="tag"]')).toHaveText(new Array<string>(7).fill('ada'));
  await keep(refit, 'found', prepare);
  await prepare.click();
  await window.getByTestId('first-run-skip').click();
  await expect.poll(() => asked(refit)).toEqual(['setup:prepare', 'setup:continue']);
});

test('found: an engine for every card since Ampere is one sentence for all models that take it', async ({ refit }) => {
  const { window } = refit;
  await scene(refit, 'foundNewer');
  await expect(window.getByTestId('reason')).toHaveText([
    'Made for every NVIDIA card since Ampere, NVIDIA GeForce RTX 5070 Ti among them.',
  ]);
  await keep(refit, 'found-newer', window.getByTestId('first-run-prepare'));
  await scene(refit, 'foundMixed');
  await expect(window.getByTestId('reason')).toHaveText([
    'adaMade for Ada, the generation of NVIDIA GeForce RTX 4070.',
    'portableMade for every NVIDIA card since Ampere, NVIDIA GeForce RTX 4070 among them.',
  ]);
  await keep(refit, 'found-mixed', window.getByTestId('first-run-prepare'));
});

test('found: the keyboard alone goes on, and shows where it is', async ({ refit }) => {
  const { window } = refit;
  await scene(refit, 'found');
  // A Tab before the screen is drawn goes nowhere.
  await expect(window.getByTestId('first-run-prepare')).toBeVisible();
  for (const name of ['first-run-prepare', 'first-run-skip']) {
    await window.keyboard.press('Tab');
    await expect(window.getByTestId(name)).toBeFocused();
    await expect(window.getByTestId(name)).toHaveCSS('outline-width', '2px');
    await window.keyboard.press('Enter');
  }
  await expect.poll(() => asked(refit)).toEqual(['setup:prepare', 'setup:continue']);
});

test('found: says which network stays on the processor, and why', async ({ refit }) => {
  const { window } = refit;
  await scene(refit, 'foundSome');
  const row = window.getByTestId('row-photo-x4');
  await expect(row).toHaveAttribute('data-tone', 'amber');
  await expect(row).toContainText('NVIDIA GeForce RTX 4070 has 12 GB of memory; this needs 13.1 GB.');
  await expect(row.locator('[data-testid="tag"]')).toHaveText('Processor');
  await keep(refit, 'found-some', window.getByTestId('first-run-prepare'));
});

test('found: where no network can use the card, the processor is the one way on', async ({ refit }) => {
  const { window } = refit;
  await scene(refit, 'foundNone');
  await expect(window.getByTestId('first-run-found')).toContainText('none of the tools can use it');
  await expect(window.getByTestId('first-run-prepare')).toBeHidden();
  await keep(refit, 'found-none', window.getByTestId('first-run-skip'));
});

test('preparing: every network with how far it is, and one bar for the whole', async ({ refit }) => {
  const { window } = refit;
  await scene(refit, 'preparing');
  await expect(window.getByRole('heading', { level: 1 })).toHaveText('Preparing your GPU · 1 of 7 models');
  await expect(window.locator('[aria-current="step"]')).toHaveText('Preparing');
  await expect(window.locator('[data-testid="text-of-row"]')).toHaveText([
    'Putting weights back: 5 of 8 (21 of 33 MB)',
    'Ready · 1.25 MB of weights in 610 ms',
    'Timing engines: 2 of 4',
    ...new Array<string>(4).fill('Waiting'),
  ]);
  await expect(window.locator('[data-testid="share-of-row"]')).toHaveText(['36 %', '48 %']);
  // 33.5 MB at 36 %, 1.25 MB done, 4.57 MB at 48 %, of 86.6 MB in all.
  await expect(window.getByRole('progressbar')).toHaveAttribute('aria-valuenow', '18');
  await expect(window.getByTestId('first-run-start')).toHaveText('Fast ×4 is ready: start now');
  await keep(refit, 'preparing', window.getByTestId('first-run-start'));
});

test('preparing: several models at once, each with its step, and the time left once it can be believed', async ({
  refit,
}) => {
  const { window } = refit;
  await scene(refit, 'preparingSeveral');
  await expect(window.locator('[data-testid="share-of-row"]')).toHaveCount(4);
  await expect(window.getByTestId('preparation-left')).toHaveText('');
  const left = window.getByTestId('preparation-left');
  // Some megabytes of weights a second.
  await expect(async () => {
    await advance(refit);
    await expect(left).toHaveText(/^about \d+ s/, { timeout: 600 });
  }).toPass({ intervals: [200] });
  await keep(refit, 'preparing-several', window.getByTestId('first-run-start'));
});

/** Tells the window that more weights are put back. */
const advance = ({ app }: RunningApp): Promise<void> =>
  app.evaluate(({ BrowserWindow }) => {
    const { pretended } = globalThis as unknown as { pretended: Snapshot };
    const { setup } = pretended.state;
    for (const row of setup.kind === 'preparing' ? setup.rows : []) {
      if (row.phase !== 'refitting') continue;
      row.bytesDone = Math.min(row.bytesDone + 1.5e6, row.bytesTotal);
      row.weightsDone = Math.max(1, Math.floor((row.weightsTotal * row.bytesDone) / row.bytesTotal));
      const event: NumberedEvent = { sequence: pretended.sequence + 1, event: { kind: 'row', row } };
      BrowserWindow.getAllWindows()[0]?.webContents.send('event', event);
    }
  });

test('preparing: a row that fails says why while the others go on', async ({ refit }) => {
  const { window } = refit;
  await scene(refit, 'preparingSome');
  await expect(window.getByRole('heading', { level: 1 })).toHaveText('Preparing your GPU · 1 of 7 models');
  await expect(window.getByTestId('row-fast-x4')).toContainText('The engine made for Fast ×4 gave a wrong picture');
  await expect(window.getByTestId('row-photo-x4')).toContainText('Putting weights back: 5 of 8');
  await keep(refit, 'preparing-some', window.getByTestId('first-run-skip'));
});

test('prepared: what it took, what the next start takes and what was not downloaded', async ({ refit }) => {
  const { window } = refit;
  await scene(refit, 'prepared');
  await expect(window.getByRole('heading', { level: 1 })).toHaveText('Your GPU is ready');
  await expect(window.locator('[aria-current="step"]')).toHaveText('Ready');
  await expect(window.locator('[data-testid="figures"] > div')).toHaveText([
    'It took6.4 s86.5 MB of weights put back.',
    'Next startReady at onceWhat was made here is kept.',
    /^Not downloaded90 MB/,
  ]);
  const go = window.getByTestId('first-run-continue');
  await keep(refit, 'prepared', go);
  await go.click();
  await expect.poll(() => asked(refit)).toEqual(['setup:continue']);
});

test('prepared for some: the row that failed and the one that was not kept say so, with what to do', async ({
  refit,
}) => {
  const { window } = refit;
  await scene(refit, 'preparedSome');
  await expect(window.getByRole('heading', { level: 1 })).toHaveText('Your GPU is ready for 6 of 7 models');
  await expect(window.locator('[data-testid="figures"] > div').nth(1)).toHaveText(
    'Next start1 model prepares againNot everything could be kept; see below.',
  );
  const failed = window.getByTestId('row-fast-x4');
  await expect(failed).toHaveAttribute('data-tone', 'amber');
  await expect(failed).toContainText(fullWordsOf(new AppError('PLAN_WRONG', { model: 'Fast ×4' })));
  await failed.locator('summary').click();
  await expect(failed.locator('pre')).toHaveText('pixels: off by 214, 2 allowed');
  const notKept = window.getByTestId('row-photo-x4');
  await expect(notKept).toContainText('Ready · 33.5 MB of weights in 4.1 s');
  await expect(notKept).toContainText(fullWordsOf(new AppError('CACHE_FULL', { neededBytes: 48e6 })));
  await keep(refit, 'prepared-some', window.getByTestId('first-run-continue'));
});

test('prepared for none: says so first, and claims no figures', async ({ refit }) => {
  const { window } = refit;
  await scene(refit, 'preparedNone');
  await expect(window.getByRole('heading', { level: 1 })).toHaveText('Your GPU could not be prepared');
  await expect(window.getByTestId('first-run-prepared')).toContainText('Your processor does the work instead');
  await expect(window.locator('[data-testid^="row-"][data-tone="amber"]')).toHaveCount(7);
  await expect(window.locator('[data-testid="figures"]')).toBeHidden();
  await keep(refit, 'prepared-none', window.getByTestId('first-run-continue'));
});

/** Clicks a button whose command main refuses. @returns the message. */
async function refused(refit: RunningApp): Promise<Locator> {
  await scene(refit, 'found');
  const report = new AppError('BUSY', {}).toReport();
  await refit.app.evaluate(({ ipcMain }, error) => {
    ipcMain.removeHandler('setup:prepare');
    ipcMain.handle('setup:prepare', () => ({ ok: false, error }));
  }, report);
  await refit.window.getByTestId('first-run-prepare').click();
  const error = refit.window.getByTestId('error-inline');
  await expect(error).toContainText(wordsOf(report).message);
  return error;
}

test('a command that fails says so on the sheet, and the message can be closed', async ({ refit }) => {
  const error = await refused(refit);
  await error.getByRole('button').click();
  await expect(error).toBeHidden();
});

test('the message of a command that fails is in sight without scrolling', async ({ refit }) => {
  const error = await refused(refit);
  await refit.screenshots('scene-found-refused', () => expect(error).toBeInViewport({ ratio: 1 }));
});

test('ready on the GPU: the status line names it; a tool left out and a damaged entry are said', async ({ refit }) => {
  const { window } = refit;
  await scene(refit, 'gpu');
  await expect(window.getByTestId('device')).toHaveText('RTX 4070 · TensorRT-RTX 1.6.1 · ready');
  await expect(window.getByTestId('why')).toBeHidden();
  await refit.screenshots('scene-gpu', () => expectInSight(window.getByTestId('open')));
  await scene(refit, 'gpuSome');
  const damaged = new AppError('CACHE_DAMAGED', { model: 'Photo ×4' }).toReport();
  await expect(window.getByTestId('notices')).toContainText(wordsOf(damaged).message);
  await expect(window.getByTestId('notices')).toContainText(wordsOf(damaged).remedy);
  await window.getByTestId('tool-fast-x4').click();
  await expect(window.getByTestId('why')).toHaveText('Fast ×4 runs on your processor. Why?');
  await refit.screenshots('scene-gpu-some', () => expectInSight(window.getByTestId('open')));
});

test('of several cards the best is proposed, and another can be taken from the keyboard', async ({ refit }) => {
  const { window } = refit;
  await scene(refit, 'foundSeveral');
  await expect(window.getByTestId('gpus').getByRole('radio')).toHaveText([
    'RTX 4090Proposed: likely the fastest.24 GB',
    'RTX 407012 GB',
    'GTX 1080 TiRefit has no engines for it.11 GB',
  ]);
  await expect(window.getByTestId('gpus-GPU-1')).toBeChecked();
  await refit.screenshots('scene-found-several', () => expectInSight(window.getByTestId('first-run-prepare')));
  await window.getByTestId('gpus-GPU-1').focus();
  // Held as a finger holds it: the list takes what gets the focus while an arrow key is down.
  await window.keyboard.press('ArrowDown', { delay: 100 });
  await expect.poll(() => chosen(refit)).toEqual({ gpu: 'GPU-0', upTo: 'gpu' });
});

test('the card of the status line offers other devices, with what each takes for the picture', async ({ refit }) => {
  const { window } = refit;
  await pretendState(refit, workScenes.pictureSeveral as AppState);
  await window.getByTestId('device').click();
  const card = window.getByTestId('device-card');
  await expect(card.getByTestId('device-gpu')).toContainText(/about [0-9]+ ms/);
  await expect(card.getByTestId('device-webgpu')).toContainText(/about [0-9]+ ms/);
  await expect(card.getByTestId('device-cpu')).toContainText(/about [0-9]+ min/);
  await refit.screenshots('scene-devices', () => expectInSight(card.getByTestId('gpus-GPU-2')));
  await card.getByTestId('device-cpu').click();
  await expect.poll(() => chosen(refit)).toEqual({ gpu: null, upTo: 'cpu' });
  await pretendState(refit, scenes.cpuChosen as AppState);
  await expect(window.getByTestId('why')).toHaveText('Processor');
  await window.getByTestId('why').click();
  await refit.screenshots('scene-processor-chosen', () => expectInSight(window.getByTestId('device-cpu')));
});

/** A job that has run for half an hour: 30 of 470 tiles. */
const running = (device: 'gpu' | 'cpu'): AppState['job'] => ({
  kind: 'running',
  id: 1000,
  model: 'photo-x4',
  device,
  done: 30,
  total: 470,
  elapsedMs: 30 * 60_000,
});

const gpuWith = (job: AppState['job']): AppState => ({ ...(scenes.gpu as AppState), job });

test('a job on the processor: the status line says so, although the GPU has become ready meanwhile', async ({
  refit,
}) => {
  const { window } = refit;
  await pretendState(refit, gpuWith(running('cpu')));
  await expect(window.getByTestId('why')).toHaveText('This picture runs on your processor. Why?');
  await expect(window.getByTestId('device')).toBeHidden();
  await window.getByTestId('why').click();
  await expect(window.getByTestId('why-card').locator('p')).toHaveText([
    'Your graphics card was not ready for this picture.',
    'The rest of it moves there by itself.',
    'Everything works, only slower.',
  ]);
  await refit.screenshots('scene-job-on-processor', () => expectInSight(window.getByTestId('why')));
});

test('a job on the GPU: the status line names what works, not what is ready, and hours as hours', async ({ refit }) => {
  const { window } = refit;
  await pretendState(refit, gpuWith(running('gpu')));
  await expect(window.getByTestId('device')).toHaveText('RTX 4070 · TensorRT-RTX 1.6.1');
  await expect(window.getByTestId('status-job')).toHaveText('Photo ×4 · 30 of 470 tiles · about 7 h left');
  await refit.screenshots('scene-job-on-gpu', () => expectInSight(window.getByTestId('cancel')));
});

const reasons = [
  new AppError('DRIVER_MISSING', {}, 'libcuda.so.1: cannot open shared object file'),
  new AppError('DRIVER_TOO_OLD', { version: '528.49', needed: '570' }, 'CUDA_ERROR_SYSTEM_DRIVER_MISMATCH (803)'),
  new AppError('GPU_NONE', {}),
  new AppError('GPU_TOO_OLD', { gpu: 'NVIDIA GeForce GTX 1080' }),
  new AppError('RUNTIME_MISSING', { library: 'tensorrt_rtx_1_6.dll' }, 'LoadLibrary: error 126'),
  new AppError('SKIPPED_BY_USER', {}),
].map((error) => error.toReport());

test('on the processor, the card says of every reason why and what would help', async ({ refit }) => {
  const { window } = refit;
  for (const reason of reasons)
    await test.step(reason.code, async () => {
      await pretendState(refit, {
        ...initialState,
        setup: { kind: 'ready', device: { kind: 'cpu', reason } },
      });
      await window.getByTestId('why').click();
      const card = window.getByTestId('why-card');
      const { message, remedy } = wordsOf(reason);
      await expect(card.locator('p')).toHaveText([message, remedy, 'Everything works, only slower.']);
      const retry = window.getByTestId('why-retry');
      await refit.screenshots(`scene-why-${reason.code.toLowerCase()}`, () => expectInSight(retry));
      await retry.click();
      await window.keyboard.press('Escape');
      await expect(card).toBeHidden();
    });
  expect(await asked(refit)).toEqual(reasons.map(() => 'setup:retry'));
});
