/**
 * A fault at every single call that writing a cache entry makes to the file system. After each, the next start finds the old
 * entry or the new one, whole, and nothing else lies about.
 */
import { execFile } from 'node:child_process';
import { access, mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { keep, lookUp, sweep } from '../../main/cache';
import { buildEntry } from './build.fixture';
import { type Change, watchDisk } from './disk.fixture';
import { identity, newer, older, seal } from './entries.fixture';
import { tallyFaults } from './tally.fixture';

let work: string;
beforeAll(async () => {
  // Memory where there is some: every write here is synced, hundreds of times.
  const folder = await access('/dev/shm').then(
    () => '/dev/shm',
    () => tmpdir(),
  );
  work = await mkdtemp(path.join(folder, 'refit-disk-'));
});
afterAll(() => rm(work, { recursive: true, force: true }));

type Before = 'with nothing there' | 'with an entry there';
const befores: Before[] = ['with nothing there', 'with an entry there'];

async function cacheOf(before: Before): Promise<string> {
  const dir = path.join(await mkdtemp(path.join(work, 'c-')), 'engines');
  if (before === 'with an entry there') await keep(dir, identity, older, seal);
  return dir;
}

const isSame = (found: Uint8Array | null, kept: Uint8Array | null): boolean =>
  found !== null && kept !== null && Buffer.compare(found, kept) === 0;

/** Which entry a start finds. */
async function find(dir: string): Promise<string> {
  const found = await lookUp(dir, identity, seal);
  if (found.kind !== 'hit') return found.kind === 'damaged' ? found.detail : found.kind;
  for (const [name, entry] of Object.entries({ older, newer }))
    if (isSame(found.entry.plan, entry.plan) && isSame(found.entry.kernels, entry.kernels)) return name;
  return 'a mix';
}

/** What is there after the next start: the entry, and files that are no part of it. */
async function nextStart(dir: string): Promise<{ entry: string; litter: string[] }> {
  await sweep(dir, () => false);
  const entry = await find(dir);
  const all = await readdir(dir, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = all.filter((each) => each.isFile()).map((each) => path.join(each.parentPath, each.name));
  const litter = files.filter((file) => !/[\\/]photo[\\/][0-9a-f]{32}[\\/](plan|kernels|record)\.\w+$/.test(file));
  const temporary = all.filter(({ name }) => name.startsWith('.')).map(({ name }) => name);
  return { entry, litter: [...litter, ...temporary] };
}

const allowed = { 'with nothing there': ['absent', 'newer'], 'with an entry there': ['older', 'newer'] };
const faults = tallyFaults('cache', 'file calls of cache writes: killed, ENOSPC, EIO, EROFS, power lost');

async function expectWhole(dir: string, before: Before, what: string): Promise<void> {
  faults.injected();
  const { entry, litter } = await nextStart(dir);
  expect(allowed[before], what).toContain(entry);
  expect(litter, what).toEqual([]);
  faults.outlived();
}

/** Every change that one whole write makes, calls that change nothing among them. */
async function changesOf(before: Before): Promise<{ dir: string; changes: Change[] }> {
  const dir = await cacheOf(before);
  const changes: Change[] = [];
  const stop = watchDisk(async (change) => void changes.push(change));
  await keep(dir, identity, newer, seal).finally(stop);
  return { dir, changes };
}

describe.each(befores)('%s', (before) => {
  describe.each(['ENOSPC', 'EIO', 'EROFS'])('%s', (code) => {
    test.each([
      ['at one call', false],
      ['at a call and all after it', true],
    ])('%s leaves the old entry or the new one', async (_name, forGood) => {
      const total = (await changesOf(before)).changes.length;
      expect(total).toBeGreaterThan(30);
      for (let at = 0; at < total; at++) {
        const dir = await cacheOf(before);
        let calls = 0;
        const stop = watchDisk(async (change, half) => {
          const isHit = forGood ? calls >= at : calls === at;
          calls += 1;
          if (!isHit) return;
          await half();
          throw Object.assign(new Error(`${code}: made up, at ${change.kind}`), { code });
        });
        const error = await keep(dir, identity, newer, seal).then(
          () => null,
          (failure: { code?: string }) => failure,
        );
        stop();
        const what = `call ${at} of ${total}`;
        if (error) expect(error.code, what).toMatch(/^CACHE_(FULL|READ_ONLY|FAILED)$/);
        else expect(await find(dir), what).toBe('newer');
        await expectWhole(dir, before, what);
      }
    });
  });

  test('a process killed at any call leaves the old entry or the new one', async () => {
    const keepCut = await buildEntry('tools/faults/keepCut.fixture', `kill-${process.pid}-${befores.indexOf(before)}`);
    const total = (await changesOf(before)).changes.length;
    try {
      for (let at = 0; at < total; at++) {
        const dir = await cacheOf(before);
        const ended = promisify(execFile)(process.execPath, [keepCut, dir, `${at}`]);
        await expect(ended, `call ${at}`).rejects.toMatchObject({ signal: 'SIGKILL' });
        await expectWhole(dir, before, `killed at call ${at} of ${total}`);
      }
    } finally {
      await rm(path.dirname(keepCut), { recursive: true, force: true });
    }
  });

  /*
   * What a journalling file system (ext4, XFS, btrfs, NTFS) may leave when the power goes: of files what was synced, of the rest
   * anything; of names and folders what was done up to some moment, not before the last that was synced.
   */
  test('power lost at any call leaves the old entry or the new one, whatever was not synced', async () => {
    const { dir, changes } = await changesOf(before);
    for (let cut = 0; cut <= changes.length; cut++) {
      const made = changes.slice(0, cut);
      const names = made.flatMap((change, i) => (isOfNames(change) && !(change.kind === 'rm') ? [i] : []));
      const safe = names
        .filter((i) => made.slice(i).some((later) => later.kind === 'sync' && later.path === parent(made[i])))
        .at(-1);
      for (const last of [safe ?? -1, ...names.filter((i) => i > (safe ?? -1))])
        for (const fate of ['gone', 'zeros', 'half', 'there'] as const) {
          const replica = await cacheOf(before);
          await replay(made, last, fate, (file) => path.join(replica, path.relative(dir, file)));
          await expectWhole(replica, before, `power lost at call ${cut}, names up to ${last}, unsynced files ${fate}`);
          await rm(path.dirname(replica), { recursive: true });
        }
    }
  });

  test('what was kept is there after power is lost at the very next moment', async () => {
    const { dir, changes } = await changesOf(before);
    const renamed = changes.findLastIndex(({ kind }) => kind === 'rename');
    const folder = parent(changes[renamed]);
    expect(changes.slice(renamed).some((change) => change.kind === 'sync' && change.path === folder)).toBe(true);
    for (const fate of ['gone', 'zeros', 'half'] as const) {
      const replica = await cacheOf(before);
      await replay(changes, renamed, fate, (file) => path.join(replica, path.relative(dir, file)));
      expect((await nextStart(replica)).entry).toBe('newer');
    }
  });
});

const isOfNames = ({ kind }: Change): boolean => ['mkdir', 'create', 'rename', 'rm'].includes(kind);

/** The folder whose sync makes a change of names last. */
const parent = (change: Change | undefined): string =>
  change?.kind === 'rename' ? path.dirname(change.to) : change && 'path' in change ? path.dirname(change.path) : '';

/** Does again what was done: names up to `last`, of files what was synced and the given fate of the rest. */
async function replay(
  made: Change[],
  last: number,
  fate: 'gone' | 'zeros' | 'half' | 'there',
  at: (file: string) => string,
): Promise<void> {
  for (const [i, change] of made.slice(0, last + 1).entries()) {
    if (change.kind === 'mkdir') await mkdir(at(change.path), { recursive: true });
    if (change.kind === 'rm') await rm(at(change.path), { recursive: true, force: true });
    if (change.kind === 'rename') await rename(at(change.path), at(change.to));
    if (change.kind !== 'create') continue;
    const written = made.findIndex((later, j) => j > i && later.kind === 'write' && later.path === change.path);
    const write = made[written];
    const bytes = write?.kind === 'write' ? write.bytes : new Uint8Array();
    const isSynced = made.slice(written).some((later) => later.kind === 'sync' && later.path === change.path);
    const left = {
      gone: new Uint8Array(),
      zeros: new Uint8Array(bytes.byteLength),
      half: bytes.subarray(0, bytes.byteLength >> 1),
      there: bytes,
    }[written >= 0 && isSynced ? 'there' : fate];
    await writeFile(at(change.path), left);
  }
}
