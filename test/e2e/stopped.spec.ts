/** Jobs that are cancelled, or whose process is killed. */
import { expect, test as freshTest, type RunningApp } from './app';
import { memoryGroup } from './memoryGroup';
import { blank, lay, prepared, readPicture } from './pictures';
import { descendants } from './processes';
import { loadAnew, shareApp } from './sharedApp';
import {
  chooseTool,
  expectError,
  killHost,
  openPicture,
  ready,
  run,
  runUntilFirstTile,
  shareThere,
  stateOf,
} from './steps';

const test = shareApp(freshTest);

/**
 * Starts Fast ×4, which takes half a second a tile here, on enough tiles for a test to come in between.
 * @param rows of 600 × 400 pixels, each 6 tiles or fewer.
 */
async function halfDone(refit: RunningApp, rows = 1): Promise<void> {
  const coffee = await readPicture(prepared('cut-out', 'coffee.png'));
  const picture = blank(600, 400 * rows);
  for (let row = 0; row < rows; row++) lay(picture, coffee, 0, 400 * row);
  await loadAnew(refit);
  await chooseTool(refit, 'fast-x4');
  await openPicture(refit, picture, 'coffee.png');
  await runUntilFirstTile(refit);
}

test('Esc stops a job; what was done stays, and the next one runs', async ({ refit }) => {
  const { window } = refit;
  await halfDone(refit);
  await refit.screenshot('running-1280x820');
  await window.keyboard.press('Escape');
  await expect(window.getByTestId('status-job')).toHaveText(/Stopped at \d of 6 tiles/);
  await expect(window.getByTestId('result-canvas')).toBeVisible();
  const done = await shareThere(refit);
  expect(done).toBeGreaterThan(0.1);
  expect(done).toBeLessThan(1);
  await refit.screenshots('stopped');
  await run(refit);
  await expect(window.getByTestId('status-job')).toHaveText(/Done in/);
});

/** Finished tiles by the status line; all of them for a finished job. */
const doneTiles = async ({ window }: RunningApp): Promise<number> => {
  const told = /(\d+) of \d+ tiles/.exec((await window.getByTestId('status-job').textContent()) ?? '');
  return told ? Number(told[1]) : Number.POSITIVE_INFINITY;
};

const done = async ({ window }: RunningApp): Promise<void> => {
  await expect(window.getByTestId('status-job')).toHaveText(/Done in/, { timeout: 90_000 });
  await expect(window.getByTestId('save')).toBeVisible();
};

test('the window stays where the engine host is killed; the job says so, and goes on where it was', async ({
  refit,
}) => {
  await halfDone(refit);
  const before = await doneTiles(refit);
  await killHost(refit, 'Refit CPU host');
  await expectError(refit, 'HOST_DIED');
  await expect(refit.window.getByTestId('error-inline')).toContainText(/was ended by another program.*goes on where/);
  expect(await doneTiles(refit)).toBeGreaterThanOrEqual(before);
  await refit.screenshots('host-killed');
  await done(refit);
});

test('a host that is killed again and again is started again and again', async ({ refit }) => {
  // More tiles than come while it is killed four times, each soon after a tile.
  await halfDone(refit, 2);
  for (let death = 0; death < 4; death++) {
    const before = await doneTiles(refit);
    await killHost(refit, 'Refit CPU host');
    await expectError(refit, 'HOST_DIED');
    await expect.poll(() => doneTiles(refit), { intervals: [50], timeout: 90_000 }).toBeGreaterThan(before);
  }
  await done(refit);
});

freshTest('a host that gets too little memory ends the job in the end, and the words say so', async ({ refit }) => {
  const group = memoryGroup();
  freshTest.skip(!group, 'no cgroup can be made here');
  if (!group) return;
  try {
    await ready(refit);
    await chooseTool(refit, 'photo-x4');
    await openPicture(refit, await readPicture(prepared('cut-out', 'coffee.png')), 'coffee.png');
    // The process that tries WebGPU has made way.
    await expect
      .poll(async () => (await stateOf(refit)).webgpu.map(({ kind }) => kind), { timeout: 60_000 })
      .toEqual([expect.not.stringMatching('trying')]);
    const main = refit.app.process().pid ?? 0;
    // Main, which counts, and what starts hosts. The page would be ended first: it is what a system can best do without.
    for (const { command, fields } of descendants(main))
      if (!command.includes('--type=renderer')) group.add(Number(fields.Pid));
    group.add(main);
    group.limit(150e6);
    await refit.window.getByTestId('start').click();
    const failed = refit.window.locator('[data-testid="actions"]').getByTestId('error-inline');
    await expect(failed).toContainText(/ran out of memory.*given up/, { timeout: 60_000 });
    await expect(failed).not.toContainText('goes on');
    group.limit(8e9);
    await refit.window.getByTestId('start').click();
    await expect(refit.window.getByTestId('status-job')).toContainText(/[1-9]\d* of \d+ tiles/, { timeout: 90_000 });
  } finally {
    await refit.app.close().catch(() => undefined);
    await group.remove();
  }
});

freshTest(
  'a host that stops without a sign of life is said not to answer, and its job goes on when it does',
  async ({ refit }) => {
    await halfDone(refit, 4);
    const job = refit.window.getByTestId('status-job');
    await killHost(refit, 'Refit CPU host', 'SIGSTOP');
    await expect(job).toContainText('does not answer', { timeout: 30_000 });
    await refit.screenshots('host-silent');
    // The next job waits for the same host, and says so at once.
    await refit.window.keyboard.press('Escape');
    await refit.window.getByTestId('start').click();
    await expect(job).toContainText('does not answer');
    await killHost(refit, 'Refit CPU host', 'SIGCONT');
    await expect(job).toContainText(/[1-9]\d* of \d+ tiles/, { timeout: 90_000 });
  },
);

test('a tool that holds its host up with work is not said to be silent', async ({ refit }) => {
  await loadAnew(refit);
  await chooseTool(refit, 'cut-out');
  await openPicture(refit, await readPicture(prepared('cut-out', 'coffee.png')), 'coffee.png');
  const said = refit.window.evaluate(
    () =>
      new Promise<string[]>((resolve) => {
        const lines: string[] = [];
        const stop = window.refit.onEvent(({ event }) => {
          if (event.kind !== 'job') return;
          const { job } = event;
          if (job.kind === 'running') lines.push(job.silent ? 'silent' : 'working');
          if (job.kind !== 'done') return;
          stop();
          resolve(lines);
        });
      }),
  );
  await run(refit);
  const heard = await said;
  expect(heard).toContain('working');
  expect(heard).not.toContain('silent');
});

test('shows the tiles that are done, in a small window and in a large one', async ({ refit }) => {
  await halfDone(refit);
  await refit.screenshots('running', () => expect(refit.window.getByTestId('result-canvas')).toBeVisible());
});
