/**
 * A fault at every call by which a cache entry's write reaches the file system. After each, the next start finds the old entry or the
 * new one, whole, and no other file.
 */
import { execFile } from 'node:child_process';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildEntry } from '../../main/build.fixture';
import { keep } from '../../storage/cache';
import { type Change, watchDisk } from './disk.fixture';
import { identity, newer, seal } from './entries.fixture';
import { tallyFaults } from './tally.fixture';
import { type Before, befores, cacheOf, expectTold, expectWhole, nextStart, roomForCaches } from './wholeEntry.fixture';

let room: string;
beforeAll(async () => {
  room = await roomForCaches();
});
afterAll(() => rm(room, { recursive: true, force: true }));

const faults = tallyFaults('cache', 'file calls of cache writes: killed, ENOSPC, EIO, EROFS, power lost');

/** Every call of one whole write, also those that change nothing. */
async function changesOf(before: Before): Promise<{ dir: string; changes: Change[] }> {
  const dir = await cacheOf(room, before);
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
        const dir = await cacheOf(room, before);
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
        await expectTold(error ? String(error.code) : undefined, dir, what);
        await expectWhole(faults, dir, before, what);
      }
    });
  });

  test('a process killed at any call leaves the old entry or the new one', async () => {
    const keepCut = await buildEntry('test/faults/keepCut.fixture', `kill-${process.pid}-${befores.indexOf(before)}`);
    const total = (await changesOf(before)).changes.length;
    try {
      for (let at = 0; at < total; at++) {
        const dir = await cacheOf(room, before);
        const ended = promisify(execFile)(process.execPath, [keepCut, dir, `${at}`]);
        await expect(ended, `call ${at}`).rejects.toMatchObject({ signal: 'SIGKILL' });
        await expectWhole(faults, dir, before, `killed at call ${at} of ${total}`);
      }
    } finally {
      await rm(path.dirname(keepCut), { recursive: true, force: true });
    }
  });

  /*
   * What a journalling file system (ext4, XFS, btrfs, NTFS) may leave when power is lost: files as they were last synced, with any
   * fate for what was written since; names and folders as they were at some moment, not before the last sync of them.
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
          const replica = await cacheOf(room, before);
          await replay(made, last, fate, (file) => path.join(replica, path.relative(dir, file)));
          await expectWhole(
            faults,
            replica,
            before,
            `power lost at call ${cut}, names up to ${last}, unsynced files ${fate}`,
          );
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
      const replica = await cacheOf(room, before);
      await replay(changes, renamed, fate, (file) => path.join(replica, path.relative(dir, file)));
      expect((await nextStart(replica)).entry).toBe('newer');
    }
  });
});

const isOfNames = ({ kind }: Change): boolean => ['mkdir', 'create', 'rename', 'rm'].includes(kind);

/** The folder whose sync makes a change of names durable. */
const parent = (change: Change | undefined): string =>
  change?.kind === 'rename' ? path.dirname(change.to) : change && 'path' in change ? path.dirname(change.path) : '';

/** Replays the changes: names up to `last`, files as far as they were synced, and the rest by the given fate. */
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
