/** Engine hosts really crash, hang, run out of memory or lose their GPU: main stays, and the picture comes out right. */
import { execFileSync } from 'node:child_process';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { buildEntry } from '../../main/build.fixture';
import { temporaryFolder } from '../../main/example.fixture';
import { expected, fakeApp } from './fakeGpu.fixture';
import type { Fault } from './faultList.fixture';
import { tallyFaults } from './tally.fixture';

const faults = tallyFaults('host', 'engine hosts that crash, hang, run out of memory or lose their GPU');

const built = `faults-${process.pid}`;
let hostFile: string;
beforeAll(async () => {
  hostFile = await buildEntry('host/index', built);
  return () => rm(path.dirname(hostFile), { recursive: true, force: true });
});

let running: Awaited<ReturnType<typeof fakeApp>> | undefined;
afterEach(async ({ task }) => {
  await running?.stop();
  const count = (await running?.injected()) ?? 0;
  running = undefined;
  faults.injected(count);
  if (task.result?.state === 'pass') faults.outlived(count);
});

async function startApp(patienceMs?: number) {
  running = await fakeApp(await temporaryFolder(), hostFile, patienceMs === undefined ? {} : { patienceMs });
  return running;
}

async function readyApp(patienceMs?: number) {
  const app = await startApp(patienceMs);
  await app.ready();
  expect(app.store.get().setup).toMatchObject({ kind: 'ready', device: { kind: 'gpu' } });
  const before = (await app.calls()).length;
  const runs = (await app.calls()).filter((call) => call.startsWith('run')).length;
  return { ...app, runs, since: async () => (await app.calls()).slice(before) };
}

const isRight = (canvas: Uint8Array): boolean => Buffer.compare(canvas, expected) === 0;
/** Tiles of 64 with an overlap of 4 in a picture of 300 × 200: 6 × 4. */
const tiles = 24;
/** Tiles that a death may cost: the one at work, and those that main was not told of in time. */
const lost = 3;

test('runs a picture through, each tile once', async () => {
  const { run, canvas, since } = await readyApp();
  expect(await run()).toMatchObject({ kind: 'done', device: 'gpu' });
  expect(isRight(canvas)).toBe(true);
  expect((await since()).filter((call) => call === 'run 64')).toHaveLength(tiles);
});

test('a cache that cannot be written costs the next launch its time, not this one its GPU', async () => {
  const folder = await temporaryFolder();
  await writeFile(path.join(folder, 'a file'), '');
  running = await fakeApp(folder, hostFile, { cacheDir: path.join(folder, 'a file', 'engines') });
  await running.ready();
  expect(running.store.get().setup).toMatchObject({ kind: 'ready', device: { kind: 'gpu' } });
  expect(running.store.get().notices).toMatchObject([{ code: expect.stringMatching(/^CACHE_/) }]);
  expect(await running.run()).toMatchObject({ kind: 'done', device: 'gpu' });
  expect(isRight(running.canvas)).toBe(true);
});

test('a plan with a byte changed stops no start; it is found when it is opened, set aside and made again', async () => {
  const folder = await temporaryFolder();
  running = await fakeApp(folder, hostFile);
  await running.ready();
  await running.stop();
  const entries = path.join(folder, 'engines', 'photo');
  const [key = ''] = await readdir(entries);
  const plan = path.join(entries, key, 'plan.bin');
  const bytes = await readFile(plan);
  bytes[0] = (bytes[0] ?? 0) ^ 1;
  await writeFile(plan, bytes);

  running = await fakeApp(folder, hostFile, { laid: true });
  const before = (await running.calls()).length;
  const refits = async () => (await running?.calls())?.slice(before).filter((call) => call.startsWith('refit')).length;
  await running.setup.start();
  expect(running.store.get()).toMatchObject({ setup: { kind: 'ready', device: { kind: 'gpu' } }, notices: [] });
  expect(await refits()).toBe(0);
  expect(await running.run()).toMatchObject({ kind: 'done', device: 'gpu' });
  expect(isRight(running.canvas)).toBe(true);
  expect(running.store.get().notices).toMatchObject([{ code: 'CACHE_DAMAGED' }]);
  expect(await refits()).toBeGreaterThan(0);
  expect(await readdir(path.join(folder, 'engines', 'quarantine', 'photo'))).toEqual([`damaged-${key}`]);
});

test.skipIf(process.platform !== 'linux' || process.getuid?.() !== 0)(
  'a disk that is full when the engine is kept costs the next launch its time, not this one its GPU',
  async () => {
    const folder = await temporaryFolder();
    const cacheDir = path.join(folder, 'engines');
    await mkdir(cacheDir);
    // Room for all of the engine but its last page.
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=12k', 'tmpfs', cacheDir]);
    try {
      running = await fakeApp(folder, hostFile, { cacheDir });
      await running.ready();
      expect(running.store.get().setup).toMatchObject({ kind: 'ready', device: { kind: 'gpu' } });
      expect(running.store.get().notices).toMatchObject([{ code: 'CACHE_FULL' }]);
      expect(await running.run()).toMatchObject({ kind: 'done', device: 'gpu' });
      expect(isRight(running.canvas)).toBe(true);
      expect(await readdir(cacheDir)).toEqual([]);
      await running.stop();
    } finally {
      execFileSync('umount', ['-l', cacheDir]);
    }
  },
);

describe('a host that', () => {
  test.each([
    ['segfaults', 'segfault', 'crashed'],
    ['aborts', 'abort', 'crashed'],
    ['is killed', 'killed', 'killed'],
    ['ends by itself', 'exit', 'ended'],
    ['runs out of memory', 'outOfMemory', 'crashed'],
    ['has a fault of the GPU', 'CUDA', 'gpuFault'],
    ['cannot run the network', 'RUN_FAILED', 'gpuFault'],
  ] as const)('%s in the middle costs no tile that was there, and the GPU works on', async (_name, how, death) => {
    const { run, fail, runs, canvas, drawn, deaths, since } = await readyApp();
    await fail({ call: 'run', at: runs + 12, how });
    expect(await run()).toMatchObject({
      kind: 'done',
      device: 'gpu',
      setback: { code: death === 'gpuFault' ? 'GPU_FAULT' : 'HOST_DIED' },
    });
    expect(deaths.map((each) => each.how)).toEqual([death]);
    expect(isRight(canvas)).toBe(true);
    // No pixel came twice: the job went on at the tile where it was.
    expect(drawn.every((times) => times === 1)).toBe(true);
    // Tiles that were under way when the host ended were run again.
    const ran = (await since()).filter((call) => call === 'run 64').length;
    expect(ran).toBeGreaterThan(tiles);
    expect(ran).toBeLessThanOrEqual(tiles + lost);
  });

  test.each([
    ['spins', 'loop'],
    ['is stopped', 'stopped'],
    ['waits for a GPU that never answers', 'stuck'],
  ] as const)('%s is ended by the watchdog, and the job goes on', async (_name, how) => {
    const { run, fail, runs, canvas, deaths } = await readyApp(4000);
    await fail({ call: 'run', at: runs + 12, how });
    expect(await run()).toMatchObject({ kind: 'done', device: 'gpu' });
    expect(deaths).toMatchObject([{ how: 'hung' }]);
    expect(isRight(canvas)).toBe(true);
  });

  test('dies at every tile hands over to the processor after three deaths, and may be tried again', async () => {
    const { run, fail, canvas, deaths, store, setup } = await readyApp();
    await fail({ call: 'run', how: 'segfault' });
    expect(await run()).toMatchObject({ kind: 'done', device: 'cpu' });
    expect(deaths.map(({ gaveUp }) => gaveUp)).toEqual([false, false, true]);
    expect(isRight(canvas)).toBe(true);
    expect(store.get().setup).toMatchObject({
      kind: 'ready',
      device: { kind: 'cpu', reason: { code: 'HOST_GAVE_UP' } },
    });
    await fail();
    await setup.retry();
    expect(store.get().setup).toMatchObject({ kind: 'ready', device: { kind: 'gpu' } });
    expect(await run()).toMatchObject({ kind: 'done', device: 'gpu' });
    expect(isRight(canvas)).toBe(true);
  });

  test('gives up in the middle leaves the processor only what is missing', async () => {
    const { run, fail, runs, canvas, deaths, drawn } = await readyApp();
    await fail(...[10, 13, 16].map((n): Fault => ({ call: 'run', at: runs + n, how: 'abort' })));
    expect(await run()).toMatchObject({ kind: 'done', device: 'cpu' });
    expect(deaths).toHaveLength(3);
    expect(isRight(canvas)).toBe(true);
    // The part that tiles of one size had covered was not made again by tiles of another.
    expect(drawn.filter((times) => times === 1).length).toBeGreaterThan(drawn.length / 10);
  });
});

describe('a GPU', () => {
  test.each([
    ['that is full when the network is opened', { call: 'open', tile: 64, how: 'OUT_OF_VRAM' }],
    ['that is full in the middle', { call: 'run', tile: 64, how: 'OUT_OF_VRAM' }],
  ] as const)('%s gets smaller tiles, and the picture is right', async (_name, fault) => {
    const app = await readyApp();
    const { run, fail, runs, canvas, since, deaths, store, setup } = app;
    const opens = (await app.calls()).filter((call) => call.startsWith('open')).length;
    // A host that was started again has nothing open yet.
    if (fault.call === 'open') {
      await fail(
        { call: 'run', at: runs + 4, how: 'segfault' },
        { ...fault, at: opens + 2 },
        { ...fault, at: opens + 1 },
      );
    } else await fail({ ...fault, at: runs + 8 });
    expect(await run()).toMatchObject({ kind: 'done', device: 'gpu', setback: { code: 'OUT_OF_VRAM' } });
    expect(isRight(canvas)).toBe(true);
    expect(deaths).toHaveLength(fault.call === 'open' ? 1 : 0);
    expect((await since()).filter((call) => call === 'refit 32')).toHaveLength(1);
    expect(setup.gpuTask('photo')?.profile.id).toBe('tile32');
    expect(store.get().setup).toMatchObject({ kind: 'ready', device: { kind: 'gpu' } });
  });

  test('that is too full for any tile leaves the picture to the processor, and is asked again for the next', async () => {
    const { run, fail, canvas, store, setup } = await readyApp();
    await fail({ call: 'run', how: 'OUT_OF_VRAM' }, { call: 'open', how: 'OUT_OF_VRAM' });
    expect(await run()).toMatchObject({ kind: 'done', device: 'cpu', setback: { code: 'OUT_OF_VRAM' } });
    expect(isRight(canvas)).toBe(true);
    expect(store.get().setup).toMatchObject({ kind: 'ready', device: { kind: 'gpu' } });
    expect(setup.gpuTask('photo')).toBeDefined();
    await fail();
    expect(await run()).toMatchObject({ kind: 'done', device: 'gpu' });
  });

  test.each(['DRIVER_MISSING', 'OUT_OF_MEMORY'] as const)(
    'that is gone in the middle (%s) leaves the rest to the processor',
    async (how) => {
      const { run, fail, runs, canvas } = await readyApp();
      await fail({ call: 'run', at: runs + 8, how });
      expect(await run()).toMatchObject({ kind: 'done', device: 'cpu', setback: { code: how } });
      expect(isRight(canvas)).toBe(true);
    },
  );

  test.each(['segfault', 'killed', 'stopped', 'CUDA', 'loop'] as const)(
    'that fails while its engine is made (%s) is prepared all the same',
    async (how) => {
      const app = await startApp(4000);
      await app.fail({ call: 'refit', at: 1, how });
      await app.ready();
      expect(app.store.get().setup).toMatchObject({ kind: 'ready', device: { kind: 'gpu' } });
      expect(app.deaths).toHaveLength(1);
      expect(await app.run()).toMatchObject({ kind: 'done', device: 'gpu' });
      expect(isRight(app.canvas)).toBe(true);
    },
  );
});
