import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../main/example.fixture';
import { withLock } from './lock';

test('lets one at a time in, and tells the others to wait', async () => {
  const file = path.join(await temporaryFolder(), '.lock-a');
  let [inside, most, told] = [0, 0, 0];
  const work = async (): Promise<void> => {
    most = Math.max(most, ++inside);
    // Nobody leaves before all others were told: a busy machine starts one of them late.
    await expect.poll(() => told).toBe(4);
    inside -= 1;
  };
  await Promise.all(Array.from({ length: 5 }, () => withLock(file, work, () => told++)));
  expect([most, told]).toEqual([1, 4]);
  expect(await readdir(path.dirname(file))).toEqual([]);
});

test('is let go where the work fails', async () => {
  const file = path.join(await temporaryFolder(), '.lock-a');
  await expect(withLock(file, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await withLock(file, async () => 'next')).toBe('next');
});

test('is taken over from a holder that has died', async () => {
  const file = path.join(await temporaryFolder(), '.lock-a');
  await mkdir(file);
  await utimes(file, 1, 1);
  expect(await withLock(file, async () => 'mine')).toBe('mine');
});

test('is taken over from one that was touched in a time to come, the clock having been set back since', async () => {
  const file = path.join(await temporaryFolder(), '.lock-a');
  await mkdir(file);
  const nextYear = Date.now() / 1000 + 365 * 86_400;
  await utimes(file, nextYear, nextYear);
  expect(await withLock(file, async () => 'mine')).toBe('mine');
});

test('is done without where it cannot be had', async () => {
  const folder = path.join(await temporaryFolder(), 'a-file');
  await writeFile(folder, '');
  expect(await withLock(path.join(folder, '.lock-a'), async () => 'done all the same')).toBe('done all the same');
});
