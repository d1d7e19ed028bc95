/** A graphics card that does not answer at the start keeps no one from working. */
import { expect, launch, type RunningApp, test } from './app';
import { prepared, readPicture } from './pictures';
import { chooseTool, openPicture, ready, run } from './steps';

/**
 * Stops a GPU host as soon as it is there, so that it answers nothing until it gets SIGCONT.
 * @param which the app's first one, or the next after those that run. @returns its process id.
 */
const stopGpuHost = ({ app }: RunningApp, which: 'first' | 'next'): Promise<number> =>
  app.evaluate(
    ({ app: electron }, isNext) =>
      new Promise<number>((resolve) => {
        const pids = () =>
          electron
            .getAppMetrics()
            .filter((each) => [each.name, each.serviceName].includes('Refit GPU host'))
            .map(({ pid }) => pid);
        const before = isNext ? pids() : [];
        const timer = setInterval(() => {
          const pid = pids().find((each) => !before.includes(each));
          if (pid === undefined) return;
          clearInterval(timer);
          process.kill(pid, 'SIGSTOP');
          resolve(pid);
        }, 2);
      }),
    which === 'next',
  );

test('the tools open at once for a person who has used them before, and work waits a moment for the graphics card', async ({
  userDataDir,
}) => {
  const first = await launch({ userDataDir });
  await ready(first);
  await first.close();
  const refit = await launch({ userDataDir });
  const { window } = refit;
  const pid = await stopGpuHost(refit, 'first');
  await ready(refit);
  await expect(window.getByTestId('why')).toHaveText('Looking for your graphics card…');
  await window.getByTestId('why').click();
  await expect(window.getByTestId('why-card')).toContainText('still looking');
  await refit.screenshots('looking-behind');
  await window.keyboard.press('Escape');
  // The card never answers: what a person starts goes on without it.
  await chooseTool(refit, 'fast-x4');
  await openPicture(refit, await readPicture(prepared('photo-x4', 'cat.png')));
  await run(refit);
  process.kill(pid, 'SIGCONT');
  await window.getByTestId('why').click();
  await expect(window.getByTestId('why-card')).not.toContainText('still looking');
  await refit.close();
});

test('a GPU host that hangs at its start leaves the processor to work on, and is heard when it answers', async ({
  refit,
}) => {
  const { window } = refit;
  await ready(refit);
  const stopped = stopGpuHost(refit, 'next');
  await window.getByTestId('why').click();
  await window.getByTestId('why-retry').click();
  const pid = await stopped;
  await expect(window.getByTestId('looking-skip')).toBeVisible();
  await refit.screenshots('looking-long');
  await window.getByTestId('looking-skip').click();
  await chooseTool(refit, 'fast-x4');
  await openPicture(refit, await readPicture(prepared('photo-x4', 'cat.png')));
  await run(refit);
  await window.getByTestId('why').click();
  await expect(window.getByTestId('why-card')).toContainText('still looking');
  process.kill(pid, 'SIGCONT');
  await expect(window.getByTestId('why-card')).not.toContainText('still looking');
});
