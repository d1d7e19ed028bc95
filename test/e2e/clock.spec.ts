/**
 * The clock on the wall is wrong or is set while a picture is worked on: nothing is told wrongly, nothing waits. By libfaketime
 * (Debian: `apt install libfaketime`, or LIBFAKETIME its file); without it these are skipped.
 */
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, launch, type RunningApp, test } from './app';
import { crop, prepared, readPicture } from './pictures';
import { chooseTool, openPicture, ready, runUntilFirstTile } from './steps';

const library = process.env.LIBFAKETIME ?? '/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1';

/** The app by a clock that is `file`'s: an offset such as `+100d`. */
const launchBy = (userDataDir: string, file: string): Promise<RunningApp> =>
  launch({
    userDataDir,
    env: {
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_CACHE_DURATION: '1',
      // As on a machine whose clock is set: the monotonic clock goes on.
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    },
  });

const year = ({ app }: RunningApp): Promise<number> => app.evaluate(() => new Date().getUTCFullYear());
const now = new Date().getUTCFullYear();

for (const [what, before, after] of [
  ['is set back by a year', '+0', '-365d'],
  ['is set forward by a year', '+0', '+365d'],
  ['is set from before 2038 to after it', '+0', `+${(2041 - now) * 365}d`],
  ['is in 2041 all along', `+${(2041 - now) * 365}d`, `+${(2041 - now) * 365}d`],
  ['is at the beginning of all time', `-${(now - 1971) * 365}d`, `-${(now - 1971) * 365}d`],
] as const)
  test(`a job runs to its end while the clock ${what}`, async ({ userDataDir }) => {
    test.skip(!existsSync(library), 'libfaketime is not here');
    // Each question for the time takes a while by this library, and a network's threads ask it all along.
    test.slow();
    const file = path.join(userDataDir, 'clock');
    await writeFile(file, before);
    const refit = await launchBy(userDataDir, file);
    try {
      const { window } = refit;
      await expect(window.getByTestId('status')).toBeVisible({ timeout: 120_000 });
      await ready(refit);
      await chooseTool(refit, 'fast-x4');
      const coffee = await readPicture(prepared('cut-out', 'coffee.png'));
      await openPicture(refit, crop(coffee, { x: 0, y: 0, width: 400, height: 300 }));
      await runUntilFirstTile(refit);
      const yearBefore = await year(refit);
      await writeFile(file, after);
      if (before !== after) await expect.poll(() => year(refit)).not.toBe(yearBefore);
      const job = window.getByTestId('status-job');
      const said: string[] = [];
      await expect
        .poll(
          async () => {
            const words = (await job.textContent()) ?? '';
            said.push(words);
            return words;
          },
          { timeout: 240_000, intervals: [100] },
        )
        .toMatch(/^Done in (\d min )?[\d.]+ s$/);
      // No time left in hours or days may be shown.
      for (const words of said) expect(words).not.toMatch(/\d{3,} (s|min)|[hd] left|silent|does not answer/);
    } finally {
      await refit.close();
    }
  });
