import { expect, onTestFinished, test, vi } from 'vitest';
import { createPauses } from './pauses';

const never = new AbortController().signal;
function held() {
  let end: () => void = () => {};
  const work = new Promise<void>((resolve) => {
    end = resolve;
  });
  return { work: () => work, end: () => end() };
}

/** Pauses of a second, by a clock that the test turns. */
function pausesOfASecond() {
  vi.useFakeTimers({ toFake: ['setTimeout', 'performance'] });
  onTestFinished(() => void vi.useRealTimers());
  const pauses = createPauses(1000);
  let isPaused = false;
  const wait = () =>
    void pauses.next(never).then(() => {
      isPaused = true;
    });
  return { pauses, wait, isPaused: () => isPaused };
}

test('is a pause where no job has worked yet', async () => {
  await expect(createPauses(1000).next(never)).resolves.toBeUndefined();
});

test('comes so long after the last job', async () => {
  const { pauses, wait, isPaused } = pausesOfASecond();
  await pauses.during(async () => {});
  wait();
  await vi.advanceTimersByTimeAsync(999);
  expect(isPaused()).toBe(false);
  await vi.advanceTimersByTimeAsync(1);
  expect(isPaused()).toBe(true);
});

test('does not come between the pictures of a queue', async () => {
  const { pauses, wait, isPaused } = pausesOfASecond();
  await pauses.during(async () => {});
  wait();
  for (let i = 0; i < 5; i++) {
    await vi.advanceTimersByTimeAsync(600);
    await pauses.during(async () => {});
  }
  expect(isPaused()).toBe(false);
});

test('does not come in the middle of a long job', async () => {
  const { pauses, wait, isPaused } = pausesOfASecond();
  const job = held();
  const done = pauses.during(job.work);
  wait();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(isPaused()).toBe(false);
  job.end();
  await done;
  await vi.advanceTimersByTimeAsync(2000);
  expect(isPaused()).toBe(true);
});

test('is waited for by nobody any more once that has ended', async () => {
  const pauses = createPauses(60_000);
  await pauses.during(async () => {});
  const ended = AbortSignal.abort(new Error('another card'));
  await expect(pauses.next(ended)).rejects.toThrow('another card');
});
