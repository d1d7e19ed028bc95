/** Build, refit and inference on a real GPU, with a network whose right answer is known exactly. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { devAddonFile, devLibraryDir, loadAddon } from '../../native/addon';
import type { BuildOptions, RefitProgress, Session, SessionOptions } from '../../native/binding';
import { expectedPixels, type TinyNetwork, tinyOnnx } from '../tinyOnnx';
import { makeFailingDriver } from './failingDriver.fixture';
import { failure } from './failure.fixture';

const root = join(import.meta.dirname, '..', '..');
const addonFile = join(root, devAddonFile);
const libraryDir = join(root, devLibraryDir);
const addon = loadAddon(addonFile);

const height = 64;
const width = 48;
const network: TinyNetwork = { factor: 0.5, offset: 10 };
const otherWeights: TinyNetwork = { factor: 0.25, offset: 20 };
const onnx = tinyOnnx(network);
const bytes = height * width * 3;
// Levels are multiples of four, so that halves and quarters need no rounding; another picture for each seed.
const picture = (seed: number): Uint8Array =>
  Uint8Array.from({ length: bytes }, (_, i) => ((i * 7 + seed * 13) % 64) * 4);

const folder = mkdtempSync(join(tmpdir(), 'refit-gpu-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const keep = (name: string, content: Uint8Array) => writeFileSync(join(folder, name), content);

/**
 * Runs JavaScript in a process of its own, where a crash of the library takes no other test with it: `addon`, `file(name)`
 * as kept above, and `code(call)`, what a call fails with. @returns what `body` returns.
 */
function inChild(body: string, ...flags: string[]): unknown {
  const script = `
    const { readFileSync, writeFileSync } = require('node:fs');
    process.chdir(${JSON.stringify(folder)});
    const addon = require(${JSON.stringify(addonFile)});
    addon.probe(${JSON.stringify(libraryDir)});
    const file = (name) => new Uint8Array(readFileSync(name));
    const garbage = Uint8Array.from({ length: 70000 }, (_, i) => (i * 131 + 7) % 256);
    const code = async (call) => { try { await call(); return 'none'; } catch (error) { return error.code; } };
    (async () => { ${body} })().then(
      (answer) => console.log(JSON.stringify(answer ?? null)),
      (error) => { console.error(error.code, error.message, error.detail); process.exitCode = 1; });`;
  const stdio = ['ignore', 'pipe', 'inherit'] as const;
  return JSON.parse(execFileSync(process.execPath, [...flags, '-e', script], { stdio: [...stdio], encoding: 'utf8' }));
}

/** Builds in a process of its own: the library allows one build a process. */
function build(options: Partial<BuildOptions>): Uint8Array {
  keep('onnx', onnx);
  const all = { strip: true, refit: 'identical', computeCapabilities: [], shape: [height, width], ...options };
  inChild(`writeFileSync('built', await addon.buildEngine(file('onnx'), ${JSON.stringify(all)}))`);
  return new Uint8Array(readFileSync(join(folder, 'built')));
}

let open: Session | undefined;
async function openSession(plan: Uint8Array, options?: SessionOptions): Promise<Session> {
  open = await addon.openSession(plan, options);
  return open;
}
afterEach(async () => {
  await open?.close();
  open = undefined;
});

async function run(session: Session, input: Uint8Array): Promise<Uint8Array> {
  const output = new Uint8Array(bytes);
  await session.run([input], [output]);
  return output;
}

let full: Uint8Array;
let stripped: Uint8Array;
let plan: Uint8Array;
const progress: RefitProgress[] = [];
beforeAll(async () => {
  const machine = addon.probe(libraryDir);
  if (machine.gpus.kind === 'unknown' || machine.gpus.value.length === 0) throw new Error('These tests need a GPU');
  console.log(JSON.stringify(machine));
  full = build({ strip: false, refit: 'none' });
  stripped = build({});
  const refitted = await addon.refit(stripped, onnx, {}, (report) => progress.push({ ...report }));
  plan = refitted.plan;
  keep('full', full);
  keep('stripped', stripped);
  keep('plan', plan);
  console.log('full', full.byteLength, 'stripped', stripped.byteLength, 'refitted', {
    ...refitted,
    plan: plan.byteLength,
  });
}, 300_000);

describe('probe', () => {
  test('knows driver and GPU', () => {
    const { driver, gpus } = addon.probe(libraryDir);
    expect(driver).toMatchObject({ kind: 'known', value: { version: expect.stringMatching(/^\d+\.\d+/) } });
    expect(gpus).toMatchObject({ kind: 'known' });
    if (gpus.kind === 'unknown') return;
    expect(gpus.value[0]?.uuid).toMatch(/^GPU-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect(gpus.value[0]?.vramBytes).toBeGreaterThan(1e9);
  });

  test('vram tells free and total memory', () => {
    const { freeBytes, totalBytes } = addon.vram();
    expect(freeBytes).toBeGreaterThan(0);
    expect(freeBytes).toBeLessThanOrEqual(totalBytes);
  });

  test('a GPU that is not there is refused', async () => {
    expect((await failure(() => addon.vram({ device: 99 }))).code).toBe('GPU_MISSING');
  });
});

describe('refit', () => {
  test('reports each weight and ends with all of them', () => {
    const last = progress.at(-1);
    expect(last?.weightsTotal).toBeGreaterThan(0);
    expect(last?.weightsDone).toBe(last?.weightsTotal);
    expect(last?.bytesDone).toBe(last?.bytesTotal);
    expect(progress.map((each) => each.weightsDone)).toEqual(
      progress.map((each) => each.weightsDone).sort((a, b) => a - b),
    );
  });

  test('gives a plan that holds the weights: it runs as the full one does, bit for bit', async () => {
    const input = picture(1);
    const fromPlan = await run(await openSession(plan), input);
    await open?.close();
    const fromFull = await run(await openSession(full), input);
    expect(fromPlan).toEqual(fromFull);
    expect(fromPlan).toEqual(expectedPixels(input, network));
  });

  test('refuses an ONNX file of another structure', async () => {
    const other = tinyOnnx({ ...network, channels: 24 });
    expect((await failure(() => addon.refit(stripped, other))).code).toMatch(/^(REFIT_FAILED|WEIGHTS_MISSING)$/);
  });

  test.each(['new Uint8Array(0)', 'garbage', "file('onnx').subarray(0, 2000)"])('refuses as ONNX file %s', (bad) => {
    expect(inChild(`return code(() => addon.refit(file('stripped'), ${bad}))`)).toMatch(
      /^(REFIT_FAILED|WEIGHTS_MISSING)$/,
    );
  });

  test.each([
    'new Uint8Array(0)',
    'garbage',
    "file('stripped').subarray(0, 100)",
    "file('stripped').subarray(0, -1000)",
  ])('refuses as engine %s', (bad) => {
    expect(inChild(`return code(() => addon.refit(${bad}, file('onnx')))`)).toBe('ENGINE_INVALID');
  });

  test('refuses an engine that takes no weights', async () => {
    expect((await failure(() => addon.refit(full, onnx))).code).toBe('ENGINE_INVALID');
  });

  test('puts other weights into an engine built for any', async () => {
    const any = build({ refit: 'any' });
    const refitted = await addon.refit(any, tinyOnnx(otherWeights));
    const input = picture(5);
    expect(await run(await openSession(refitted.plan), input)).toEqual(expectedPixels(input, otherWeights));
  });
});

describe('engineValidity', () => {
  test('finds full, stripped and refitted valid here, but for a compute capability it does not know', () => {
    for (const engine of [full, stripped, plan])
      expect(['', 'computeCapability']).toContain(addon.engineValidity(engine).reasons.join());
  });

  test('finds garbage malformed', () => {
    for (const bad of [new Uint8Array(0), stripped.subarray(0, 10), picture(6)])
      expect(addon.engineValidity(bad)).toMatchObject({ valid: false });
    expect(addon.engineValidity(new Uint8Array(0)).reasons).toEqual(['malformed']);
  });
});

describe('session', () => {
  test('describes its tensors', async () => {
    const session = await openSession(plan);
    const tensor = { dtype: 'uint8', shape: [1, height, width, 3], bytes };
    expect(session.inputs).toEqual([{ name: 'pixels', ...tensor }]);
    expect(session.outputs).toEqual([{ name: 'changed', ...tensor }]);
    expect(session.contextMs).toBeGreaterThan(0);
    expect(session.deserializeMs).toBeGreaterThan(0);
  });

  test.each([false, true])('keeps many runs apart that are asked for at once (CUDA graph: %s)', async (cudaGraph) => {
    const session = await openSession(plan, { cudaGraph });
    const inputs = Array.from({ length: 40 }, (_, i) => picture(i));
    const outputs = await Promise.all(inputs.map((input) => run(session, input)));
    outputs.forEach((output, i) => {
      expect(output).toEqual(expectedPixels(inputs[i] ?? new Uint8Array(), network));
    });
  });

  test('runs two sessions side by side', async () => {
    const first = await openSession(plan);
    const second = await addon.openSession(full, { cudaGraph: true });
    const input = picture(8);
    const outputs = await Promise.all([1, 2, 3, 4].flatMap(() => [run(first, input), run(second, input)]));
    for (const output of outputs) expect(output).toEqual(expectedPixels(input, network));
    await second.close();
  });

  test.each([false, true])('measures a bare loop between runs (CUDA graph: %s)', async (cudaGraph) => {
    const session = await openSession(plan, { cudaGraph });
    const input = picture(9);
    const [before, measured, after] = await Promise.all([
      run(session, input),
      session.measure(50),
      run(session, input),
    ]);
    console.log('measured', cudaGraph, measured);
    expect(measured.iterations).toBe(50);
    expect(measured.latencyMs).toBeGreaterThan(0);
    expect(measured.tilesPerSecond).toBeGreaterThan(0);
    for (const output of [before, after]) expect(output).toEqual(expectedPixels(input, network));
  });

  test.runIf(process.platform === 'linux')(
    'waits for the copies of a run that fails before its slot serves another',
    () => {
      // This process has the driver open.
      const [real] = /\/\S*\/libcuda\.so\S*/.exec(readFileSync('/proc/self/maps', 'utf8')) ?? [];
      if (!real) throw new Error('Expected the driver among the libraries of this process');
      makeFailingDriver(folder, real);
      const script = `
      const { readFileSync } = require('node:fs');
      const addon = require(process.argv[1]);
      addon.probe(process.argv[2]);
      (async () => {
        const session = await addon.openSession(new Uint8Array(readFileSync('plan')));
        process.env.DRIVER_FAILS = 'cuEventRecord';
        const failed = await session.run([new Uint8Array(${bytes})], [new Uint8Array(${bytes})]).catch(({ code }) => code);
        delete process.env.DRIVER_FAILS;
        const output = new Uint8Array(${bytes});
        await session.run([new Uint8Array(readFileSync('input'))], [output]);
        console.log(JSON.stringify({ failed, output: [...output] }));
      })();`;
      const input = picture(11);
      keep('input', input);
      const child = spawnSync(process.execPath, ['-e', script, addonFile, libraryDir], {
        cwd: folder,
        env: { ...process.env, LD_LIBRARY_PATH: folder },
        encoding: 'utf8',
      });
      const calls = child.stderr.split('\n').filter((line) => /^(copy|fail|wait) /.test(line));
      const [stream] = calls.filter((call) => call.startsWith('copy ')).map((call) => call.slice('copy '.length));
      expect(calls.slice(0, 3)).toEqual([`copy ${stream}`, `fail ${stream}`, `wait ${stream}`]);
      const { failed, output } = JSON.parse(child.stdout);
      expect(failed).toBe('CUDA');
      expect(new Uint8Array(output)).toEqual(expectedPixels(input, network));
    },
  );

  test('takes its runtime cache back', async () => {
    const cold = await openSession(plan);
    const cache = cold.runtimeCache();
    expect(cold.runtimeCacheUsed).toBe(false);
    expect(cache.byteLength).toBeGreaterThan(0);
    const coldMs = cold.contextMs;
    await cold.close();
    const warm = await openSession(plan, { runtimeCache: cache });
    console.log('runtime cache', cache.byteLength, 'bytes; context cold', coldMs, 'warm', warm.contextMs, 'ms');
    expect(warm.runtimeCacheUsed).toBe(true);
    const input = picture(10);
    expect(await run(warm, input)).toEqual(expectedPixels(input, network));
  });

  test.each(['new Uint8Array(0)', 'garbage', "file('cache').subarray(0, -100)"])(
    'compiles anew where the runtime cache is %s',
    async (bad) => {
      keep('cache', (await openSession(plan)).runtimeCache());
      const used = inChild(`
      const session = await addon.openSession(file('plan'), { runtimeCache: ${bad} });
      await session.run([new Uint8Array(${bytes})], [new Uint8Array(${bytes})]);
      return session.runtimeCacheUsed;`);
      expect(used).toBe(false);
    },
  );

  test.each(['new Uint8Array(0)', 'garbage', "file('plan').subarray(0, 200)", "file('plan').subarray(0, -1000)"])(
    'refuses as plan %s',
    (bad) => {
      expect(inChild(`return code(() => addon.openSession(${bad}))`)).toBe('ENGINE_INVALID');
    },
  );

  test('refuses buffers of the wrong size or number', async () => {
    const session = await openSession(plan);
    const right = new Uint8Array(bytes);
    expect(await failure(() => session.run([right.subarray(1)], [right]))).toMatchObject({
      code: 'BAD_ARGUMENT',
      message: `Expected Uint8Array of ${bytes} bytes for inputs[0] (pixels) but received typed array of ${bytes - 1} bytes`,
    });
    expect((await failure(() => session.run([right], []))).message).toBe(
      'Expected array of 1 for outputs but received array of 0',
    );
    expect((await failure(() => session.measure(0))).code).toBe('BAD_ARGUMENT');
  });

  test('close waits for the runs under way, and later calls say that it is closed', async () => {
    const session = await openSession(plan);
    const input = picture(14);
    const runs = [run(session, input), run(session, input), run(session, input)];
    const closing = session.close();
    expect(session.close()).toBe(closing);
    for (const output of await Promise.all(runs)) expect(output).toEqual(expectedPixels(input, network));
    await closing;
    expect((await failure(() => run(session, input))).code).toBe('SESSION_CLOSED');
    expect((await failure(() => session.measure(1))).code).toBe('SESSION_CLOSED');
    expect((await failure(() => session.runtimeCache())).code).toBe('SESSION_CLOSED');
  });

  test('gives its memory back', async () => {
    await (await addon.openSession(plan)).close();
    const before = addon.vram().freeBytes;
    for (let i = 0; i < 10; i++) await (await addon.openSession(plan)).close();
    expect(before - addon.vram().freeBytes).toBeLessThan(16 * 1024 * 1024);
  });

  test('a process that forgets its sessions ends well, whether they are collected or not', () => {
    const answer = inChild(
      `
      for (let i = 0; i < 3; i++) {
        await addon.openSession(file('plan'));
        global.gc();
        await new Promise(setImmediate);
      }
      global.kept = await addon.openSession(file('plan'));
      global.kept.run([new Uint8Array(${bytes})], [new Uint8Array(${bytes})]);
      return 'well';`,
      '--expose-gc',
    );
    expect(answer).toBe('well');
  });
});
