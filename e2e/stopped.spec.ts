/** Jobs that do not get to their end: cancelled, or their process killed. */
import { expect, type RunningApp, test } from './app';
import { blank, lay, prepared, readPicture } from './pictures';
import { chooseTool, expectError, killHost, openPicture, ready, run, runUntilFirstTile, shareThere } from './steps';

/**
 * Fast ×4 is half a second a tile here: enough of them to come in between.
 * @param rows of 600 × 400 pixels, each 6 tiles or fewer.
 */
async function halfDone(refit: RunningApp, rows = 1): Promise<void> {
  const coffee = await readPicture(prepared('cut-out', 'coffee.png'));
  const picture = blank(600, 400 * rows);
  for (let row = 0; row < rows; row++) lay(picture, coffee, 0, 400 * row);
  await ready(refit);
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

/** Tiles that are done, as the status line says; of a job that is done, all. */
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
  expect(await doneTiles(refit)).toBeGreaterThanOrEqual(before);
  await refit.screenshots('host-killed');
  await done(refit);
});

test('a host that is killed again and again is started again and again', async ({ refit }) => {
  // More tiles than come while it is killed four times, on a fast machine too.
  await halfDone(refit, 4);
  for (let death = 0; death < 4; death++) {
    const before = await doneTiles(refit);
    await killHost(refit, 'Refit CPU host');
    await expectError(refit, 'HOST_DIED');
    await expect.poll(() => doneTiles(refit), { timeout: 90_000 }).toBeGreaterThan(before);
  }
  await done(refit);
});

test('shows each tile as it comes, large and small', async ({ refit }) => {
  await halfDone(refit);
  await refit.screenshots('running');
});
