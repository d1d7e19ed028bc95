/** A graphics card that does not answer at the start keeps no one from working. */
import { expect, test } from './app';
import { prepared, readPicture } from './pictures';
import { chooseTool, openPicture, ready, run } from './steps';

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
