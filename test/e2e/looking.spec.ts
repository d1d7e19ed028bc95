/** A graphics card that does not answer at the start keeps no one from working. */
import { expect, launch, test } from './app';
import { prepared, readPicture } from './pictures';
import { chooseTool, openPicture, ready, run } from './steps';

test('the tools open at once for a person who has used them before, and work waits a moment for the graphics card', async ({
  userDataDir,
}) => {
  const first = await launch({ userDataDir });
  await ready(first);
  await first.close();
  const refit = await launch({ userDataDir });
  const { app, window } = refit;
  const pid = await app.evaluate(
    ({ app: electron }) =>
      new Promise<number>((resolve) => {
        const timer = setInterval(() => {
          const host = electron
            .getAppMetrics()
            .find((each) => [each.name, each.serviceName].includes('Refit GPU host'));
          if (!host) return;
          clearInterval(timer);
          process.kill(host.pid, 'SIGSTOP');
          resolve(host.pid);
        }, 2);
      }),
  );
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
  const { app, window } = refit;
  await ready(refit);
  // The next one is stopped as soon as it is there.
  const stopped = app.evaluate(
    ({ app: electron }) =>
      new Promise<number>((resolve) => {
        const pids = () =>
          electron
            .getAppMetrics()
            .filter((each) => [each.name, each.serviceName].includes('Refit GPU host'))
            .map(({ pid }) => pid);
        const before = pids();
        const timer = setInterval(() => {
          const pid = pids().find((each) => !before.includes(each));
          if (pid === undefined) return;
          clearInterval(timer);
          process.kill(pid, 'SIGSTOP');
          resolve(pid);
        }, 2);
      }),
  );
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
