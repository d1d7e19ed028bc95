import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { whenFree } from './whenFree';

const failing = (code: string, times: number) => {
  const calls = { count: 0 };
  const work = async (): Promise<string> => {
    calls.count += 1;
    if (calls.count <= times) throw Object.assign(new Error(code), { code });
    return 'renamed';
  };
  return { calls, work };
};
const noPause = async () => {};

test.each(['EBUSY', 'EPERM', 'EACCES'])('does on Windows what %s prevents for a moment', async (code) => {
  expect(await whenFree(failing(code, 3).work, 'win32', noPause)).toBe('renamed');
});

test('gives a file up that stays held, after 2.5 seconds, with the reason of the system', async () => {
  const { calls, work } = failing('EPERM', Number.POSITIVE_INFINITY);
  let waitedMs = 0;
  const pause = async (ms: number) => {
    waitedMs += ms;
  };
  await expect(whenFree(work, 'win32', pause)).rejects.toMatchObject({ code: 'EPERM' });
  expect([calls.count, waitedMs]).toEqual([9, 2500]);
});

test.each([
  ['a failure that waiting does not mend', 'ENOSPC', 'win32'],
  ['a refusal of another system, which means it', 'EACCES', 'linux'],
] as const)('tells at once of %s', async (_what, code, platform) => {
  const { calls, work } = failing(code, 1);
  await expect(whenFree(work, platform, noPause)).rejects.toMatchObject({ code });
  expect(calls.count).toBe(1);
});

test.runIf(process.platform === 'win32')(
  'renames a folder that a program works in, as soon as it has ended',
  async () => {
    const root = await mkdtemp(path.join(os.tmpdir(), 'refit-held-'));
    const [from, to] = [path.join(root, 'from'), path.join(root, 'to')];
    await mkdir(from);
    const script = 'process.stdout.write("up"); process.stdin.once("data", () => process.exit())';
    const holder = spawn(process.execPath, ['-e', script], { cwd: from, stdio: ['pipe', 'pipe', 'ignore'] });
    await once(holder.stdout, 'data');
    const renaming = whenFree(() => rename(from, to));
    holder.stdin.end('end');
    await renaming;
    expect(await readdir(root)).toEqual(['to']);
    await rm(root, { recursive: true });
  },
);
