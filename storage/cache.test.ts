import { execFile } from 'node:child_process';
import {
  chmod,
  chown,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { beforeEach, describe, expect, test } from 'vitest';
import { exampleIdentity as identity, exampleRace as race, temporaryFolder } from '../main/example.fixture';
import { type Entry, entryKey, type Identity, keep, lookUp, readEntry, sweep } from './cache';

const entry = {
  plan: Buffer.from('plan with weights'),
  kernels: Buffer.from('compiled kernels'),
  race,
} satisfies Entry;

let dir: string;
beforeEach(async () => {
  dir = await temporaryFolder();
});
const entryDir = (of: Identity = identity): string => path.join(dir, of.model, entryKey(of));
const quarantined = (): Promise<string[]> => readdir(path.join(dir, 'quarantine', 'photo')).catch(() => []);

test('gives back what was kept, byte for byte', async () => {
  await keep(dir, identity, entry);
  const found = await readEntry(dir, identity);
  expect(found).toEqual({ kind: 'hit', entry });
});

test('knows an entry that was never made from one that is damaged', async () => {
  expect(await readEntry(dir, identity)).toEqual({ kind: 'absent' });
});

test.each(['plan.bin', 'kernels.bin', 'record.json'])(
  'sets the entry aside when a byte of %s has changed',
  async (file) => {
    await keep(dir, identity, entry);
    const target = path.join(entryDir(), file);
    const bytes = await readFile(target);
    bytes[5] = (bytes[5] ?? 0) ^ 1;
    await writeFile(target, bytes);
    expect((await readEntry(dir, identity)).kind).toBe('damaged');
    expect(await quarantined()).toEqual([`damaged-${entryKey(identity)}`]);
    expect((await readEntry(dir, identity)).kind).toBe('absent');
  },
);

test.each(['plan.bin', 'kernels.bin', 'record.json', 'record.mac'])(
  'sets the entry aside when %s is missing',
  async (file) => {
    await keep(dir, identity, entry);
    await rm(path.join(entryDir(), file));
    expect((await readEntry(dir, identity)).kind).toBe('damaged');
  },
);

test('looks an entry up by its record, without a byte of its plan', async () => {
  await keep(dir, identity, entry);
  await writeFile(
    path.join(entryDir(), 'plan.bin'),
    entry.plan.map((byte) => byte ^ 1),
  );
  expect(await lookUp(dir, identity)).toEqual({ kind: 'hit', race });
  expect((await readEntry(dir, identity)).kind).toBe('damaged');
  expect(await lookUp(dir, identity)).toEqual({ kind: 'absent' });
});

test.each(['plan.bin', 'kernels.bin', 'record.json', 'record.mac'])(
  'sees at the first look that %s is missing or cut off',
  async (file) => {
    for (const spoil of [() => rm(path.join(entryDir(), file)), () => truncate(path.join(entryDir(), file), 7)]) {
      await keep(dir, identity, entry);
      await spoil();
      expect((await lookUp(dir, identity)).kind).toBe('damaged');
    }
  },
);

test('does not take an entry that was copied to another key', async () => {
  await keep(dir, identity, entry);
  const other = { ...identity, gpuUuid: 'GPU-2' };
  const record = await readFile(path.join(entryDir(), 'record.json'));
  await mkdir(entryDir(other), { recursive: true });
  await writeFile(path.join(entryDir(other), 'record.json'), record);
  await writeFile(path.join(entryDir(other), 'record.mac'), await readFile(path.join(entryDir(), 'record.mac')));
  await writeFile(path.join(entryDir(other), 'plan.bin'), entry.plan);
  await writeFile(path.join(entryDir(other), 'kernels.bin'), entry.kernels);
  expect(await readEntry(dir, other)).toMatchObject({
    kind: 'damaged',
    detail: expect.stringContaining('another entry'),
  });
});

test.each([
  ['another GPU', { gpuUuid: 'GPU-2' }],
  ['another compute capability', { computeCapability: '12.0' }],
  ['another driver', { driverMajor: '590' }],
  ['another runtime', { runtime: 'tensorrt-rtx 1.7.0' }],
  ['another set of engines', { enginesSha256: 'f'.repeat(64) }],
])('sets aside the entry of %s', async (_name, change) => {
  await keep(dir, identity, entry);
  expect(await readEntry(dir, { ...identity, ...change })).toEqual({ kind: 'absent', changed: true });
  expect(await quarantined()).toEqual([`other-${entryKey(identity)}`]);
});

test('leaves the entry of other weights in the same engine where it is', async () => {
  const newer = { ...identity, onnxSha256: '1'.repeat(64) };
  await keep(dir, identity, entry);
  expect(await readEntry(dir, newer)).toEqual({ kind: 'absent' });
  await keep(dir, newer, entry);
  expect((await readEntry(dir, identity)).kind).toBe('hit');
  expect((await readEntry(dir, newer)).kind).toBe('hit');
});

test('brings an entry back when its GPU returns', async () => {
  await keep(dir, identity, entry);
  await readEntry(dir, { ...identity, gpuUuid: 'GPU-2' });
  expect((await readEntry(dir, identity)).kind).toBe('hit');
});

test('keeps the newest of what was set aside, so that the folder cannot grow', async () => {
  for (let i = 0; i < 3; i++) {
    await keep(dir, identity, entry);
    await writeFile(path.join(entryDir(), 'plan.bin'), `broken ${i}`);
    await readEntry(dir, identity);
  }
  expect(await quarantined()).toHaveLength(1);
});

test('replaces an entry that is there already', async () => {
  await keep(dir, identity, entry);
  await keep(dir, identity, { ...entry, plan: Buffer.from('newer plan') });
  const found = await readEntry(dir, identity);
  expect(found.kind === 'hit' && found.entry.plan && Buffer.from(found.entry.plan).toString()).toBe('newer plan');
});

test('sweeps what a dead process left, and leaves a living one its folder', async () => {
  await mkdir(path.join(dir, '.tmp-999999999-aaaa'), { recursive: true });
  await mkdir(path.join(dir, `.tmp-${process.pid}-bbbb`), { recursive: true });
  await sweep(dir);
  expect(await readdir(dir)).toEqual([`.tmp-${process.pid}-bbbb`]);
});

test('says that the folder cannot be used when it is a file, and leaves nothing behind', async () => {
  const file = path.join(dir, 'not-a-folder');
  await writeFile(file, '');
  await expect(keep(file, identity, entry)).rejects.toMatchObject({ code: 'CACHE_FAILED' });
  expect(await readdir(dir)).toEqual(['not-a-folder']);
});

// Root may write anywhere, so the refusal is only seen as an ordinary user.
test.skipIf(process.getuid?.() === 0 || process.platform === 'win32')('says that a read-only folder is', async () => {
  await chmod(dir, 0o500);
  await expect(keep(dir, identity, entry)).rejects.toMatchObject({ code: 'CACHE_READ_ONLY' });
});

describe('a byte that has changed', () => {
  test.each(['plan.bin', 'kernels.bin', 'record.json', 'record.mac'])(
    'anywhere in %s is seen before anything is handed on',
    async (file) => {
      await keep(dir, identity, entry, 'a key');
      const kept = await readFile(path.join(entryDir(), file));
      for (let at = 0; at < kept.byteLength; at++) {
        const bytes = Buffer.from(kept);
        bytes[at] = (bytes[at] ?? 0) ^ (1 << (at % 8));
        await writeFile(path.join(entryDir(), file), bytes);
        expect((await readEntry(dir, identity, 'a key')).kind, `byte ${at}`).toBe('damaged');
        await rename(path.join(dir, 'quarantine', 'photo', `damaged-${entryKey(identity)}`), entryDir());
      }
      await writeFile(path.join(entryDir(), file), kept);
      expect((await readEntry(dir, identity, 'a key')).kind).toBe('hit');
    },
  );

  test('is not read at all where the file has another size', async () => {
    await keep(dir, identity, entry);
    // Sparse: a terabyte that takes no room, and that no memory holds.
    await truncate(path.join(entryDir(), 'plan.bin'), 2 ** 40);
    expect(await readEntry(dir, identity)).toMatchObject({ kind: 'damaged', detail: expect.stringContaining('bytes') });
  });
});

test('does not take a plan and its hash that another user has put there together', async () => {
  await keep(dir, identity, entry, 'the key of one');
  expect((await readEntry(dir, identity, 'the key of another')).kind).toBe('damaged');
});

test('does not put other weights aside that another user has put there as a version', async () => {
  await keep(dir, { ...identity, onnxSha256: '1'.repeat(64) }, entry, 'the key of another');
  await readEntry(dir, identity, 'the key of one');
  expect(await quarantined()).toHaveLength(1);
});

test('keeps the engine of smaller tiles beside that of all', async () => {
  const smaller = { ...identity, below: 'tile64' };
  await keep(dir, identity, entry);
  await keep(dir, smaller, entry);
  expect((await readEntry(dir, smaller)).kind).toBe('hit');
  expect((await readEntry(dir, identity)).kind).toBe('hit');
});

describe.skipIf(process.platform === 'win32')('another user', () => {
  test('can neither read nor write what is kept', async () => {
    const cache = path.join(dir, 'engines');
    await keep(cache, identity, entry);
    expect(((await stat(cache)).mode & 0o777).toString(8)).toBe('700');
    for (const file of await readdir(path.join(cache, 'photo', entryKey(identity))))
      expect(((await stat(path.join(cache, 'photo', entryKey(identity), file))).mode & 0o077).toString(8)).toBe('0');
  });

  test('is shut out of a folder that was open before', async () => {
    await keep(dir, identity, entry);
    await chmod(dir, 0o777);
    await readEntry(dir, identity);
    expect(((await stat(dir)).mode & 0o777).toString(8)).toBe('700');
  });

  // Only root can make a folder of somebody else's.
  test.skipIf(process.getuid?.() !== 0)(
    'has no say in what this one runs: a folder of theirs is not used',
    async () => {
      await keep(dir, identity, entry);
      await chown(dir, 65534, 65534);
      expect(await readEntry(dir, identity)).toEqual({ kind: 'absent' });
      await expect(keep(dir, identity, entry)).rejects.toMatchObject({ code: 'CACHE_NOT_OURS' });
    },
  );
});

test('puts back an entry that was cut off in being replaced, and ends what was cut off after it', async () => {
  await keep(dir, identity, entry);
  const replaced = path.join(dir, 'quarantine', 'photo', `replaced-${entryKey(identity)}`);
  await rename(entryDir(), replaced);
  expect((await readEntry(dir, identity)).kind).toBe('hit');
  await mkdir(replaced);
  await sweep(dir);
  expect(await quarantined()).toEqual([]);
});

test('sweeps a lock whose holder is long dead, and leaves a held one', async () => {
  await mkdir(path.join(dir, '.lock-photo-1'));
  await mkdir(path.join(dir, '.lock-photo-2'));
  await utimes(path.join(dir, '.lock-photo-1'), 1, 1);
  await sweep(dir);
  expect(await readdir(dir)).toEqual(['.lock-photo-2']);
});

test('sweeps what a process left whose number another has by now', async () => {
  const left = path.join(dir, `.tmp-${process.pid}-aaaa`);
  await mkdir(left);
  await utimes(left, 1, 1);
  await sweep(dir);
  expect(await readdir(dir)).toEqual([]);
});

// Needs a second user, as whom only root may start a process.
test.skipIf(process.getuid?.() !== 0)('a process of another user gets at nothing of this one’s', async () => {
  await chmod(dir, 0o755);
  const cache = path.join(dir, 'engines');
  await keep(cache, identity, entry);
  const theirs = { uid: 65534, gid: 65534 };
  const as = (script: string) => promisify(execFile)('/bin/sh', ['-c', script], theirs);
  expect((await as(`ls ${dir}`)).stdout).toContain('engines');
  await expect(as(`cat ${cache}/photo/*/plan.bin`)).rejects.toThrow('Permission denied');
  await expect(as(`touch ${cache}/x`)).rejects.toThrow('Permission denied');
  await expect(as(`mv ${cache} ${dir}/gone`)).rejects.toThrow('Permission denied');
});
