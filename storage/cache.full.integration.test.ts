/** A full disk and a read-only one, for real: small file systems of memory, where the test may mount them (root on Linux). */
import { execFileSync } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { exampleIdentity as identity, exampleRace as race, temporaryFolder } from '../main/example.fixture';
import { keep } from './cache';

const canMount = (() => {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false;
  try {
    execFileSync('unshare', ['-m', 'true'], { stdio: 'ignore' });
    execFileSync('mount', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

describe.skipIf(!canMount)('a cache folder on', () => {
  let dir: string;
  const mount = (options: string): void => {
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', dir]);
  };
  beforeEach(async () => {
    dir = await temporaryFolder();
  });
  afterEach(() => {
    execFileSync('umount', [dir]);
  });

  test('a full disk says how much room is needed and leaves nothing half written', async () => {
    mount('size=64k');
    const entry = { plan: Buffer.alloc(200_000, 1), kernels: Buffer.alloc(10, 2), race };
    await expect(keep(dir, identity, entry)).rejects.toMatchObject({ code: 'CACHE_FULL' });
    expect(await readdir(dir)).toEqual([]);
  });

  test('a read-only disk says that it may not be written', async () => {
    mount('size=1m,ro');
    const entry = { plan: Buffer.from('plan'), kernels: Buffer.from('kernels'), race };
    await expect(keep(dir, identity, entry)).rejects.toMatchObject({ code: 'CACHE_READ_ONLY' });
  });
});
