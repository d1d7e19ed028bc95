/** Checks what a fault in a cache entry's write leaves: the next start must find the old entry or the new one, whole, and nothing else. */
import { access, mkdtemp, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'vitest';
import { keep, readEntry, sweep } from '../../storage/cache';
import { identity, newer, older, seal } from './entries.fixture';
import type { Faults } from './tally.fixture';

/** A folder for many caches, in memory where possible, since hundreds of writes are synced here. */
export async function roomForCaches(): Promise<string> {
  const folder = await access('/dev/shm').then(
    () => '/dev/shm',
    () => tmpdir(),
  );
  return mkdtemp(path.join(folder, 'refit-disk-'));
}

export type Before = 'with nothing there' | 'with an entry there';
export const befores: Before[] = ['with nothing there', 'with an entry there'];

/** Makes a cache in a folder of its own. @returns the cache's folder. */
export async function cacheOf(room: string, before: Before): Promise<string> {
  const dir = path.join(await mkdtemp(path.join(room, 'c-')), 'engines');
  if (before === 'with an entry there') await keep(dir, identity, older, seal);
  return dir;
}

const isSame = (found: Uint8Array | null, kept: Uint8Array | null): boolean =>
  found !== null && kept !== null && Buffer.compare(found, kept) === 0;

/** The entry that a start finds. */
export async function find(dir: string): Promise<string> {
  const found = await readEntry(dir, identity, seal);
  if (found.kind !== 'hit') return found.kind === 'damaged' ? found.detail : found.kind;
  for (const [name, entry] of Object.entries({ older, newer }))
    if (isSame(found.entry.plan, entry.plan) && isSame(found.entry.kernels, entry.kernels)) return name;
  return 'a mix';
}

/** Makes the next start. @returns the entry that it finds, and files that are no part of it. */
export async function nextStart(dir: string): Promise<{ entry: string; litter: string[] }> {
  await sweep(dir, () => false);
  const entry = await find(dir);
  const all = await readdir(dir, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = all.filter((each) => each.isFile()).map((each) => path.join(each.parentPath, each.name));
  const litter = files.filter((file) => !/[\\/]photo[\\/][0-9a-f]{32}[\\/](plan|kernels|record)\.\w+$/.test(file));
  const temporary = all.filter(({ name }) => name.startsWith('.')).map(({ name }) => name);
  return { entry, litter: [...litter, ...temporary] };
}

const allowed = { 'with nothing there': ['absent', 'newer'], 'with an entry there': ['older', 'newer'] };

/** Expects a whole entry, and counts the fault that was just made. */
export async function expectWhole(faults: Faults, dir: string, before: Before, what: string): Promise<void> {
  faults.injected();
  const { entry, litter } = await nextStart(dir);
  expect(allowed[before], what).toContain(entry);
  expect(litter, what).toEqual([]);
  faults.outlived();
}

/** Expects a failed write to say so in the cache's words, and any other to have kept the entry. */
export async function expectTold(code: string | undefined, dir: string, what: string): Promise<void> {
  if (code !== undefined) expect(code, what).toMatch(/^CACHE_(FULL|READ_ONLY|FAILED)$/);
  else expect(await find(dir), what).toBe('newer');
}
