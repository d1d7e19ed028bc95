/**
 * Engine hosts on a real GPU that fail for real, with the tool, engines and addon that ship: main stays, the job says what
 * happened, and the picture comes out as that of an undisturbed run.
 *
 * The GPU's part is equal byte for byte: every launch opens the same kept plan, and a plan made anew is the same to the bit
 * (docs/gpu-report.md). Where the processor takes over, its part lies within the card's bound, since its tiles have the same size. Run on
 * Linux; nothing here is for Linux alone.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Picture, planTiles } from '../../app/tiles';
import type { GpuTask } from '../../host/protocol';
import { idOf } from '../../main/setup/candidates';
import { readEntry } from '../../storage/cache';
import { readEngine } from '../../storage/verify';
import { gpuFaultsFile } from '../addon/buildFaults';
import { otherProgram, provideGpuFaults } from './otherProgram.fixture';
import { openGround, pictureOf, realApp } from './realGpu.fixture';
import { gpuFaultsCommand } from './tally';
import { tallyFaults } from './tally.fixture';

const model = 'fast-x4';
const ground = await openGround(model);
const allowed = ground.card.outputs[0]?.maxAbsError ?? 0;
const faults = tallyFaults(
  'gpu',
  'engine hosts on a real GPU: CUDA faults, crashes, kills, full memory, no GPU any more',
  gpuFaultsCommand,
);

let work: string;
beforeAll(async () => {
  await provideGpuFaults();
  work = await mkdtemp(path.join(tmpdir(), 'refit-gpu-faults-'));
});
afterAll(() => rm(work, { recursive: true, force: true }));

type App = Awaited<ReturnType<typeof realApp>>;
const running: App[] = [];
/** Count of faults that are in no host's list. */
let besides = 0;
let launches = 0;
afterEach(async ({ task }) => {
  let count = besides;
  besides = 0;
  for (const app of running.splice(0)) {
    await app.stop();
    count += await app.injected();
  }
  faults.injected(count);
  if (task.result?.state === 'pass') faults.outlived(count);
});

/** @param cache launches of the same name share it, and are of the same profiles. */
async function launch(cache: string, profiles: readonly string[], picture: Picture): Promise<App> {
  const folder = path.join(work, `launch-${++launches}`);
  const app = await realApp(ground, { folder, cacheDir: path.join(work, cache), profiles, picture });
  running.push(app);
  return app;
}

/** Launches an app that finds its engines prepared. */
async function readyApp(cache: string, profiles: readonly string[], picture: Picture) {
  const app = await launch(cache, profiles, picture);
  await app.ready();
  expect(app.store.get().setup).toMatchObject({ kind: 'ready', device: { kind: 'gpu' } });
  return app;
}

const runsOf = async (app: App): Promise<number> => (await app.calls()).filter((call) => call.startsWith('run')).length;

function taskOf({ setup }: App): GpuTask {
  const task = setup.gpuTask(model);
  if (!task) throw new Error(`${model} is not on the GPU`);
  return task;
}

const isSame = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;

function worst(a: Uint8Array, b: Uint8Array): number {
  let most = 0;
  for (let i = 0; i < a.length; i++) most = Math.max(most, Math.abs((a[i] ?? 0) - (b[i] ?? 0)));
  return most;
}

/** Runs a picture through. @returns how it went. */
async function told(app: App) {
  const startedAt = performance.now();
  const job = await app.run();
  const said =
    job.kind === 'done'
      ? [job.device, job.setback && `${job.setback.code}: ${job.setback.detail.split('\n')[0]}`]
      : [job.kind, job.kind === 'failed' && `${job.reason.code} ${job.reason.detail}`];
  const deaths = app.deaths.map(({ how, detail }) => `${how} (${detail.split('\n').at(-1)})`);
  // Without the race's rows.
  const log = app.log.filter((line) => !line.includes('{'));
  const elapsed = `${Math.round(performance.now() - startedAt)} ms`;
  console.log([elapsed, ...said, ...deaths, `${await runsOf(app)} runs`, ...log].filter(Boolean).join('; '));
  return job;
}

const [columns, rows] = [8, 5];
const tiles = columns * rows;
/** Tiles that faultyAddon.fixture.cjs has under way at once. */
const tilesUnderWay = 4;
/** A run so late that tiles have come before it. */
const lateRun = tilesUnderWay + 12;

describe('tiles of one size', () => {
  const profiles = ['tile256'];
  let picture: Picture;
  let undisturbed: Uint8Array;
  beforeAll(async () => {
    picture = await pictureOf(ground, 256, columns, rows);
    const app = await launch('cache', profiles, picture);
    await app.ready();
    expect(await told(app)).toMatchObject({ kind: 'done', device: 'gpu', total: tiles });
    undisturbed = app.canvas;
    await app.stop();
  });
  const ready = () => readyApp('cache', profiles, picture);

  test('give the same picture at another launch, each tile once', async () => {
    const app = await ready();
    const job = await told(app);
    expect(job).toMatchObject({ kind: 'done', device: 'gpu' });
    expect(job).not.toHaveProperty('setback');
    expect(isSame(app.canvas, undisturbed)).toBe(true);
    expect(await runsOf(app)).toBe(tiles);
  });

  test.each([
    [
      'has a fault of the GPU',
      'CUDA',
      'gpuFault',
      { code: 'GPU_FAULT', detail: expect.stringMatching(/ILLEGAL_ADDRESS/) },
    ],
    ['segfaults in native code', 'segfault', 'crashed', { code: 'HOST_DIED' }],
    ['aborts in native code', 'abort', 'crashed', { code: 'HOST_DIED' }],
    ['is killed', 'killed', 'killed', { code: 'HOST_DIED' }],
  ] as const)('a host that %s in mid-run costs no tile that was there', async (_name, how, death, setback) => {
    const app = await ready();
    await app.fail({ call: 'run', at: lateRun, how });
    expect(await told(app)).toMatchObject({ kind: 'done', device: 'gpu', setback });
    expect(app.deaths.map((each) => each.how)).toEqual([death]);
    expect(isSame(app.canvas, undisturbed)).toBe(true);
    // No pixel came twice: the job went on at the tile where it was.
    expect(app.drawn.every((times) => times === 1)).toBe(true);
    expect(await runsOf(app)).toBeGreaterThan(tiles);
    expect(await runsOf(app)).toBeLessThanOrEqual(tiles + tilesUnderWay);
  });

  test('a fault of the GPU is told by every later call of that process', async () => {
    const app = await ready();
    const task = taskOf(app);
    const found = await readEntry(task.cacheDir, task.identity);
    if (found.kind !== 'hit') throw new Error(found.kind);
    const [engine, plan] = [path.join(work, 'engine'), path.join(work, 'plan')];
    await writeFile(engine, await readEngine(task.engineFile, task.entry));
    await writeFile(plan, found.entry.plan);
    const { rig } = ground;
    const files = [
      rig.paths.addon(rig.runtime),
      rig.paths.libraries(rig.runtime),
      gpuFaultsFile,
      plan,
      engine,
      task.onnxFile,
    ];
    // Killed at the end, as the app kills a host.
    const script = `
      const { readFileSync, writeSync } = require('node:fs');
      const [addonFile, libraries, faultsFile, ...files] = process.argv.slice(1);
      const addon = require(addonFile);
      addon.probe(libraries);
      const [plan, engine, onnx] = files.map((file) => new Uint8Array(readFileSync(file)));
      const tell = (name, said) => writeSync(1, JSON.stringify([name, said]) + '\\n');
      (async () => {
        const session = await addon.openSession(plan);
        const [input, output] = [session.inputs[0], session.outputs[0]].map(({ bytes }) => new Uint8Array(bytes));
        tell('fault', require(faultsFile).breakContext(${task.gpu}));
        const calls = {
          run: () => session.run([input], [output]),
          vram: () => addon.vram({ device: ${task.gpu} }),
          refit: () => addon.refit(engine, onnx, { device: ${task.gpu} }),
          openSession: () => addon.openSession(plan),
        };
        for (const [name, call] of Object.entries(calls))
          try { await call(); tell(name, 'none'); } catch (error) { tell(name, error.code); }
        process.kill(process.pid, 'SIGKILL');
      })();`;
    besides = 1;
    const { stdout } = await promisify(execFile)(process.execPath, ['-e', script, ...files]).catch(
      (ended: { stdout: string }) => ended,
    );
    console.log(stdout);
    expect(
      stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual([
      ['fault', 'CUDA_ERROR_ILLEGAL_ADDRESS'],
      ...['run', 'vram', 'refit', 'openSession'].map((call) => [call, 'CUDA']),
    ]);
  });

  // The engine library may itself abort when it lets go of what it has in a broken context: a death like any other.
  test.each([
    ['is killed', 'killed', ['killed']],
    ['has a fault of the GPU', 'CUDA', ['gpuFault', 'crashed']],
  ] as const)(
    'a host that %s while it puts weights back is started again, and prepares all the same',
    async (_name, how, deaths) => {
      const app = await launch(`cache-${how}`, profiles, picture);
      await app.fail({ call: 'refit', at: 1, how });
      await app.ready();
      expect(app.store.get().setup).toMatchObject({ kind: 'ready', device: { kind: 'gpu' } });
      expect(app.deaths).toHaveLength(1);
      expect(deaths).toContain(app.deaths[0]?.how);
      expect(await told(app)).toMatchObject({ kind: 'done', device: 'gpu' });
      expect(isSame(app.canvas, undisturbed)).toBe(true);
    },
  );

  test('three deaths hand the rest to the processor, and "try again" brings the GPU back', async () => {
    const app = await ready();
    await app.fail({ call: 'run', from: lateRun, how: 'segfault' });
    expect(await told(app)).toMatchObject({ kind: 'done', device: 'cpu', setback: { code: 'HOST_DIED' } });
    expect(app.deaths.map(({ gaveUp }) => gaveUp)).toEqual([false, false, true]);
    const { setup } = app.store.get();
    expect(setup).toMatchObject({ kind: 'ready', device: { kind: 'cpu', reason: { code: 'HOST_GAVE_UP' } } });
    expect(worst(app.canvas, undisturbed)).toBeLessThanOrEqual(allowed);
    expect(app.drawn.every((times) => times === 1)).toBe(true);

    await app.fail();
    await app.setup.retry();
    expect(app.store.get().setup).toMatchObject({ kind: 'ready', device: { kind: 'gpu' } });
    expect(await told(app)).toMatchObject({ kind: 'done', device: 'gpu' });
    expect(isSame(app.canvas, undisturbed)).toBe(true);
  });

  test('a host that finds no GPU any more leaves the rest to the processor, which says why', async () => {
    const app = await ready();
    // The host that runs has the GPU; the next one is told that there is none.
    app.env.CUDA_VISIBLE_DEVICES = '-1';
    await app.fail({ call: 'run', at: lateRun, how: 'killed' });
    besides = 1;
    expect(await told(app)).toMatchObject({ kind: 'done', device: 'cpu', setback: { code: 'GPU_NONE' } });
    expect(app.deaths.map(({ how }) => how)).toEqual(['killed']);
    expect(worst(app.canvas, undisturbed)).toBeLessThanOrEqual(allowed);
    expect(app.drawn.every((times) => times === 1)).toBe(true);
    await app.setup.retry();
    const { setup } = app.store.get();
    expect(setup).toMatchObject({ kind: 'ready', device: { kind: 'cpu', reason: { code: 'GPU_NONE' } } });
  });
});

const mega = 2 ** 20;
/** Less memory than any process needs to begin with. */
const tooLittle = 64 * mega;

describe('memory that another program takes', () => {
  let other: ReturnType<typeof otherProgram>;
  beforeAll(() => {
    other = otherProgram();
    return () => other.stop();
  });
  afterEach(() => other.release());

  /** Free memory, once ended processes hold none any more. */
  async function settled(): Promise<number> {
    for (let before = -1; ; ) {
      const now = await other.release();
      if (now === before) return now;
      before = now;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }

  describe('from tiles of one size', () => {
    const profiles = ['tile256'];
    let picture: Picture;
    beforeAll(async () => {
      picture = await pictureOf(ground, 256, columns, rows);
    });
    const ready = () => readyApp('cache', profiles, picture);

    test('is not missed by a network that is open', async () => {
      const app = await ready();
      await told(app);
      const undisturbed = app.canvas.slice();
      await other.holdAllBut(tooLittle);
      besides = 1;
      const job = await told(app);
      expect(job).toMatchObject({ kind: 'done', device: 'gpu' });
      expect(job).not.toHaveProperty('setback');
      expect(isSame(app.canvas, undisturbed)).toBe(true);
    });

    test('leaves a picture to the processor where the network cannot be opened, and the next one to the GPU', async () => {
      const app = await readyApp('cache', profiles, await pictureOf(ground, 256, 2, 2));
      await settled();
      await other.holdAllBut(tooLittle);
      besides = 1;
      expect(await told(app)).toMatchObject({ kind: 'done', device: 'cpu', setback: { code: 'OUT_OF_VRAM' } });
      const processors = app.canvas.slice();
      await other.release();
      const next = await told(app);
      expect(next).toMatchObject({ kind: 'done', device: 'gpu' });
      expect(next).not.toHaveProperty('setback');
      expect(worst(processors, app.canvas)).toBeLessThanOrEqual(allowed);
      expect(app.deaths).toEqual([]);
    });

    test('in mid-run leaves the rest to the processor where the host has to be started again', async () => {
      const app = await ready();
      // An open network needs no more memory to go on.
      await told(app);
      await other.holdAllBut(tooLittle);
      await app.fail({ call: 'run', at: (await runsOf(app)) + lateRun, how: 'killed' });
      besides = 1;
      const job = await told(app);
      expect(job).toMatchObject({ kind: 'done', device: 'cpu', setback: { code: 'OUT_OF_VRAM' } });
      expect(app.deaths.map(({ how }) => how)).toEqual(['killed']);
      expect(app.drawn.every((times) => times === 1)).toBe(true);
      const mixed = app.canvas.slice();
      await other.release();
      expect(await told(app)).toMatchObject({ kind: 'done', device: 'gpu' });
      expect(worst(mixed, app.canvas)).toBeLessThanOrEqual(allowed);
    });
  });

  describe('from tiles of two sizes', () => {
    const profiles = ['tile512', 'tile256'];
    let picture: Picture;
    /** The undisturbed pictures, and the GPU memory that each network needs. */
    let large: { canvas: Uint8Array; bytes: number };
    let small: { canvas: Uint8Array; bytes: number };
    let contextBytes: number;
    const ready = () => readyApp('cache-two', profiles, picture);

    async function needOf(app: App): Promise<{ context: number; session: number }> {
      const free = await settled();
      await app.gpu.call('warm', idOf(taskOf(app)));
      const context = free - (await settled());
      const { vramBytes } = await app.gpu.call('openGpu', idOf(taskOf(app)));
      await app.stop();
      return { context, session: vramBytes };
    }

    beforeAll(async () => {
      picture = await pictureOf(ground, 512, 5, 4);
      const first = await launch('cache-two', profiles, picture);
      await first.ready();
      expect(taskOf(first).profile.id).toBe('tile512');
      await told(first);
      const largeCanvas = first.canvas.slice();
      expect(await first.setup.downgradeTiles(model)).toBe(true);
      expect(taskOf(first).profile.id).toBe('tile256');
      await told(first);
      await first.stop();
      const ofLarge = await needOf(await ready());
      const one = await ready();
      await one.setup.downgradeTiles(model);
      const ofSmall = await needOf(one);
      contextBytes = ofLarge.context;
      large = { canvas: largeCanvas, bytes: ofLarge.session };
      small = { canvas: first.canvas, bytes: ofSmall.session };
      const text = (bytes: number) => `${Math.round(bytes / mega)} MiB`;
      console.log(`a process takes ${text(contextBytes)}, tile512 ${text(large.bytes)}, tile256 ${text(small.bytes)}`);
      // Else no amount of memory lies between the two.
      expect(large.bytes - small.bytes).toBeGreaterThan(32 * mega);
    });

    /** Memory that is too little for the large tiles and enough for the small ones. */
    const between = () => (small.bytes + large.bytes) / 2;

    test('leaves it the smaller ones where these fit', async () => {
      const app = await ready();
      await app.gpu.call('warm', idOf(taskOf(app)));
      await settled();
      await other.holdAllBut(between());
      besides = 1;
      expect(await told(app)).toMatchObject({ kind: 'done', device: 'gpu', setback: { code: 'OUT_OF_VRAM' } });
      expect(taskOf(app).profile.id).toBe('tile256');
      expect(app.deaths).toEqual([]);
      expect(isSame(app.canvas, small.canvas)).toBe(true);
      await other.release();
      const next = await told(app);
      expect(next).toMatchObject({ kind: 'done', device: 'gpu' });
      expect(next).not.toHaveProperty('setback');
      expect(isSame(app.canvas, small.canvas)).toBe(true);
    });

    test('in mid-run leaves the rest to the smaller ones where the host has to be started again', async () => {
      const app = await ready();
      await told(app);
      // Holds what the ended host frees, too.
      await other.holdAllBut(contextBytes + between());
      await app.fail({ call: 'run', at: (await runsOf(app)) + tilesUnderWay + 1, how: 'killed' });
      besides = 1;
      const job = await told(app);
      expect(job).toMatchObject({ kind: 'done', device: 'gpu', setback: { code: 'OUT_OF_VRAM' } });
      expect(taskOf(app).profile.id).toBe('tile256');
      expect(app.deaths.map(({ how }) => how)).toEqual(['killed']);
      // Each byte is that of an undisturbed run with tiles of the one or the other size, and both had a part in it.
      const isOfOne = app.canvas.every((byte, i) => byte === large.canvas[i] || byte === small.canvas[i]);
      expect(isOfOne).toBe(true);
      const allSmall = planTiles(picture.width, picture.height, 256, 256, ground.card.flow.overlap).length;
      expect((await app.calls()).filter((call) => call === 'run 256').length).toBeLessThan(allSmall);
    });
  });
});
