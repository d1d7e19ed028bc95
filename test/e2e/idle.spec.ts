/** An idle app lets the machine sleep. */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, type RunningApp, test } from './app';
import { pictures } from './pictures';
import { chooseTool, openPicture, ready, run } from './steps';

test.skip(process.platform !== 'linux', 'The kernel counts there.');

/** Process ids of main and of every process that it started. */
const pidsOf = ({ app }: RunningApp): Promise<number[]> =>
  app.evaluate(({ app: electron }) => electron.getAppMetrics().map(({ pid }) => pid));

/** Wakeups of a process's threads so far: how often they went to sleep. */
function wakeups(pid: number): number {
  const tasks = readdirSync(`/proc/${pid}/task`);
  const counts = tasks.map((task) => {
    const status = readFileSync(`/proc/${pid}/task/${task}/status`, 'utf8');
    return Number(/^voluntary_ctxt_switches:\s*(\d+)/m.exec(status)?.[1]);
  });
  return counts.reduce((sum, count) => sum + count, 0);
}

const written = (pid: number): number =>
  Number(/^write_bytes: (\d+)/m.exec(readFileSync(`/proc/${pid}/io`, 'utf8'))?.[1]);

test('wakes up less than twice a second, in main and in each host, and writes nothing, once a picture is done', async ({
  refit,
}) => {
  await ready(refit);
  await chooseTool(refit, 'cut-out');
  await openPicture(refit, await pictures['cut-out']());
  await run(refit);
  const seconds = 10;
  const pids = await pidsOf(refit);
  /** In so many seconds, by process. */
  const counted = async (): Promise<{ wakeups: number; written: number }> => {
    const before = pids.map((pid) => [wakeups(pid), written(pid)] as const);
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
    const by = pids.map(
      (pid, i) => [wakeups(pid) - (before[i]?.[0] ?? 0), written(pid) - (before[i]?.[1] ?? 0)] as const,
    );
    return { wakeups: Math.max(...by.map(([count]) => count)), written: Math.max(...by.map(([, bytes]) => bytes)) };
  };
  // V8 collects garbage for a while, and Chromium writes its settings some seconds later.
  let found = await counted();
  for (let tries = 0; tries < 10 && (found.wakeups >= 2 * seconds || found.written > 0); tries++)
    found = await counted();
  expect(found.wakeups).toBeLessThan(2 * seconds);
  expect(found.written).toBe(0);
});
