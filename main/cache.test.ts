import { chmod, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { type Entry, entryKey, type Identity, keep, lookUp, sweep } from './cache';
import { exampleIdentity as identity, exampleRace as race, temporaryFolder } from './example.fixture';

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
const aside = (): Promise<string[]> => readdir(path.join(dir, 'aside', 'photo')).catch(() => []);

test('gives back what was kept, byte for byte', async () => {
  await keep(dir, identity, entry);
  const found = await lookUp(dir, identity);
  expect(found).toEqual({ kind: 'hit', entry });
});

test('knows an entry that was never made from one that is damaged', async () => {
  expect(await lookUp(dir, identity)).toEqual({ kind: 'absent' });
});

test.each(['plan.bin', 'kernels.bin', 'record.json'])(
  'sets the entry aside when a byte of %s has changed',
  async (file) => {
    await keep(dir, identity, entry);
    const target = path.join(entryDir(), file);
    const bytes = await readFile(target);
    bytes[5] = (bytes[5] ?? 0) ^ 1;
    await writeFile(target, bytes);
    expect((await lookUp(dir, identity)).kind).toBe('damaged');
    expect(await aside()).toEqual([`damaged-${entryKey(identity)}`]);
    expect((await lookUp(dir, identity)).kind).toBe('absent');
  },
);

test.each(['plan.bin', 'kernels.bin', 'record.json'])('sets the entry aside when %s is missing', async (file) => {
  await keep(dir, identity, entry);
  await rm(path.join(entryDir(), file));
  expect((await lookUp(dir, identity)).kind).toBe('damaged');
});

test('does not take an entry that was copied to another key', async () => {
  await keep(dir, identity, entry);
  const other = { ...identity, gpuUuid: 'GPU-2' };
  const record = await readFile(path.join(entryDir(), 'record.json'));
  await mkdir(entryDir(other), { recursive: true });
  await writeFile(path.join(entryDir(other), 'record.json'), record);
  await writeFile(path.join(entryDir(other), 'plan.bin'), entry.plan);
  await writeFile(path.join(entryDir(other), 'kernels.bin'), entry.kernels);
  expect((await lookUp(dir, other)).kind).toBe('damaged');
});

test.each([
  ['another GPU', { gpuUuid: 'GPU-2' }],
  ['another compute capability', { computeCapability: '12.0' }],
  ['another driver', { driverMajor: '590' }],
  ['another runtime', { runtime: 'tensorrt-rtx 1.7.0' }],
  ['another set of engines', { enginesSha256: 'f'.repeat(64) }],
])('sets aside the entry of %s', async (_name, change) => {
  await keep(dir, identity, entry);
  expect(await lookUp(dir, { ...identity, ...change })).toEqual({ kind: 'absent' });
  expect(await aside()).toEqual([`other-${entryKey(identity)}`]);
});

test('keeps an entry without its plan, where that is too large to be kept twice', async () => {
  await keep(dir, identity, { ...entry, plan: null });
  const found = await lookUp(dir, identity);
  expect(found.kind === 'hit' && found.entry.plan).toBeNull();
  expect(await readdir(entryDir())).toEqual(['kernels.bin', 'record.json']);
});

test('leaves the entry of other weights in the same engine where it is', async () => {
  const newer = { ...identity, onnxSha256: '1'.repeat(64) };
  await keep(dir, identity, entry);
  expect(await lookUp(dir, newer)).toEqual({ kind: 'absent' });
  await keep(dir, newer, entry);
  expect((await lookUp(dir, identity)).kind).toBe('hit');
  expect((await lookUp(dir, newer)).kind).toBe('hit');
});

test('brings an entry back when its GPU returns', async () => {
  await keep(dir, identity, entry);
  await lookUp(dir, { ...identity, gpuUuid: 'GPU-2' });
  expect((await lookUp(dir, identity)).kind).toBe('hit');
});

test('keeps the newest of what was set aside, so that the folder cannot grow', async () => {
  for (let i = 0; i < 3; i++) {
    await keep(dir, identity, entry);
    await writeFile(path.join(entryDir(), 'plan.bin'), `broken ${i}`);
    await lookUp(dir, identity);
  }
  expect(await aside()).toHaveLength(1);
});

test('replaces an entry that is there already', async () => {
  await keep(dir, identity, entry);
  await keep(dir, identity, { ...entry, plan: Buffer.from('newer plan') });
  const found = await lookUp(dir, identity);
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
