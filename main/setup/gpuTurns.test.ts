import { expect, test } from 'vitest';
import { createGpuTurns } from './gpuTurns';

const settled = () => new Promise((resolve) => setImmediate(resolve));
function held() {
  let release: () => void = () => {};
  const work = new Promise<void>((resolve) => {
    release = resolve;
  });
  return { work: () => work, release: () => release() };
}

test('lets who shares the GPU work side by side', async () => {
  const turns = createGpuTurns();
  const one = held();
  const first = turns.share(one.work);
  await expect(turns.share(async () => 'beside')).resolves.toBe('beside');
  one.release();
  await first;
});

test('gives nobody else the GPU while one has it alone', async () => {
  const turns = createGpuTurns();
  const order: string[] = [];
  const timing = held();
  const alone = turns.alone(async () => {
    await timing.work();
    order.push('timed');
  });
  const shared = turns.share(async () => order.push('shared'));
  const next = turns.alone(async () => order.push('timed next'));
  await settled();
  expect(order).toEqual([]);
  timing.release();
  await Promise.all([alone, shared, next]);
  expect(order).toEqual(['timed', 'shared', 'timed next']);
});

test('lets a job pass who waits for the GPU to be free', async () => {
  const turns = createGpuTurns();
  const job = held();
  const first = turns.share(job.work);
  let isTimed = false;
  const alone = turns.alone(async () => {
    isTimed = true;
  });
  await expect(turns.share(async () => 'another')).resolves.toBe('another');
  expect(isTimed).toBe(false);
  job.release();
  await Promise.all([first, alone]);
  expect(isTimed).toBe(true);
});

test('is free again after work that failed', async () => {
  const turns = createGpuTurns();
  const fail = async () => {
    throw new Error('no');
  };
  await expect(turns.alone(fail)).rejects.toThrow('no');
  await expect(turns.share(fail)).rejects.toThrow('no');
  await expect(turns.alone(async () => 'free')).resolves.toBe('free');
});
