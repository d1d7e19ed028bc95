/** The addon against the real library, on a machine that needs no GPU. */
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ModelCard } from '../../app/catalog';
import type { Machine } from '../../app/machine';
import { devAddonFile, devLibraryDir, loadAddon } from '../../native/addon';
import type { BuildOptions } from '../../native/binding';
import { tinyOnnx } from '../tinyOnnx';
import { failure } from './failure.fixture';

const root = join(import.meta.dirname, '..', '..');
const addon = loadAddon(join(root, devAddonFile));
const onnx = tinyOnnx({ factor: 0.5, offset: 10 });
const fullPlanOptions: BuildOptions = { strip: false, refit: 'none', computeCapabilities: [86], shape: [64, 48] };

let withoutLibraries: Machine;
let machine: Machine;
beforeAll(() => {
  const empty = mkdtempSync(join(tmpdir(), 'refit-empty-'));
  withoutLibraries = addon.probe(empty);
  rmSync(empty, { recursive: true });
  machine = addon.probe(join(root, devLibraryDir));
});

const isWindows = process.platform === 'win32';
/** Whether there is no driver at all, without which the engine library for Windows does not open. */
const lacksDriver = (): boolean =>
  isWindows && machine.driver.kind === 'unknown' && machine.driver.reason.startsWith('nvcuda.dll: ');

/** For tests that build. */
const needsDriver = ({ skip }: { skip(why: string): void }): void => {
  if (lacksDriver()) skip('the engine library for Windows opens with a driver only');
};

describe('probe', () => {
  test('says of an empty folder that runtime and parser are missing, each with its file', (context) => {
    needsDriver(context);
    expect(withoutLibraries.runtime).toMatchObject({
      kind: 'unknown',
      reason: expect.stringContaining('tensorrt_rtx'),
    });
    expect(withoutLibraries.parser).toMatchObject({
      kind: 'unknown',
      reason: expect.stringContaining('tensorrt_onnxparser_rtx'),
    });
  });

  test("gives the system's words on one line, in their own letters, with their number on Windows", () => {
    for (const fact of [withoutLibraries.runtime, withoutLibraries.parser]) {
      expect(fact).toMatchObject({ reason: expect.stringMatching(isWindows ? /^.+: .+ \(error \d+\)$/ : /^.+: .+$/) });
      // What bytes of a code page become where they are taken for UTF-8.
      expect(fact).toMatchObject({ reason: expect.not.stringContaining('\uFFFD') });
    }
  });

  test('takes no library from the folder that the process happens to be in', async () => {
    const script = 'console.log(JSON.stringify(require(process.argv[1]).probe("")))';
    const options = { cwd: join(root, devLibraryDir), env: { ...process.env, LD_LIBRARY_PATH: '' } };
    const { stdout } = await promisify(execFile)(process.execPath, ['-e', script, join(root, devAddonFile)], options);
    expect(JSON.parse(stdout)).toMatchObject({ runtime: { kind: 'unknown' }, parser: { kind: 'unknown' } });
  });

  test('finds runtime and parser in the folder that has them', (context) => {
    needsDriver(context);
    expect(machine.runtime).toEqual({ kind: 'known', value: 'tensorrt-rtx 1.6.1' });
    expect(machine.parser).toMatchObject({ kind: 'known', value: expect.stringContaining('tensorrt_onnxparser_rtx') });
  });

  test('names the runtime that the addon was compiled against', () => {
    expect(addon.runtime).toBe('tensorrt-rtx 1.6.1');
  });

  test('keeps the libraries once found', (context) => {
    needsDriver(context);
    expect(addon.probe('').runtime.kind).toBe('known');
  });

  test('refuses a folder that is no text', async () => {
    // @ts-expect-error a wrong argument on purpose
    expect(await failure(() => addon.probe(7))).toMatchObject({
      code: 'BAD_ARGUMENT',
      message: 'Expected string for libraryDir but received 7',
    });
  });
});

describe('buildEngine', () => {
  beforeEach(needsDriver);

  test('builds a full engine for 8.6 from a network of dynamic shape, without a GPU', async () => {
    const fractions: number[] = [];
    const engine = await addon.buildEngine(onnx, fullPlanOptions, (fraction) => fractions.push(fraction));
    expect(engine.constructor).toBe(Uint8Array);
    expect(engine.byteLength).toBeGreaterThan(10_000);
    expect(fractions.at(-1)).toBe(1);
    expect([...fractions].sort((a, b) => a - b)).toEqual(fractions);
  });

  test('puts the fixed shape and the weights into the engine', async () => {
    const small = await addon.buildEngine(onnx, fullPlanOptions);
    const wide = await addon.buildEngine(tinyOnnx({ factor: 0.5, offset: 10, channels: 512 }), fullPlanOptions);
    const moreWeightBytes = (512 - 16) * 3 * 9 * 4;
    expect(wide.byteLength - small.byteLength).toBeGreaterThan(moreWeightBytes / 2);
  });

  test('refuses a network whose input cannot have the shape asked for', async () => {
    const fixed = tinyOnnx({ factor: 1, offset: 0, inputShape: [1, 32, 32, 3] });
    expect(await failure(() => addon.buildEngine(fixed, fullPlanOptions))).toMatchObject({
      code: 'ONNX_INVALID',
      message: expect.stringContaining('[1, 32, 32, 3]'),
    });
  });

  test('says what the parser found in a file that is no ONNX', async () => {
    const garbage = Uint8Array.from({ length: 4096 }, (_, i) => (i * 131 + 7) % 256);
    const found = await failure(() => addon.buildEngine(garbage, fullPlanOptions));
    expect(found.code).toBe('ONNX_INVALID');
    expect(found.detail).toContain('parser:');
  });

  test.each([0, 1, 17, 0.5, 0.9, -1])('refuses an ONNX file cut off at %s', async (at) => {
    const bytes = at < 0 ? onnx.length + at : at < 1 && at > 0 ? Math.floor(onnx.length * at) : at;
    expect((await failure(() => addon.buildEngine(onnx.subarray(0, bytes), fullPlanOptions))).code).toBe(
      'ONNX_INVALID',
    );
  });

  test('names the node that the parser cannot take', async () => {
    const text = Buffer.from(onnx).toString('latin1');
    const renamed = Buffer.from(text.replaceAll('Clip', 'Clap'), 'latin1');
    const found = await failure(() => addon.buildEngine(renamed, fullPlanOptions));
    expect(found.code).toBe('ONNX_INVALID');
    expect(found.detail).toContain('Clap clipped');
  });

  test.each([
    [{ ...fullPlanOptions, computeCapabilities: [77] }, 'compute capability but received 77'],
    [{ ...fullPlanOptions, shape: [64] }, 'Expected [height, width] for options.shape but received array of 1'],
    [{ ...fullPlanOptions, shape: [64, 0.5] }, 'options.shape[1] but received 0.5'],
    [
      { ...fullPlanOptions, refit: 'all' },
      "Expected 'identical', 'any' or 'none' for options.refit but received string",
    ],
    [{ ...fullPlanOptions, strip: 1 }, 'Expected boolean for options.strip but received 1'],
    [undefined, 'Expected object for options but received undefined'],
  ])('refuses the options %j', async (options, words) => {
    // @ts-expect-error wrong arguments on purpose
    const found = await failure(() => addon.buildEngine(onnx, options));
    expect(found).toMatchObject({ code: 'BAD_ARGUMENT', message: expect.stringContaining(words) });
  });

  test('is exact about the type of bytes', async () => {
    // @ts-expect-error a wrong argument on purpose
    expect((await failure(() => addon.buildEngine(new Float32Array(4), fullPlanOptions))).message).toBe(
      'Expected Uint8Array for onnx but received typed array of 16 bytes',
    );
  });

  test('builds several engines at once', async () => {
    const engines = await Promise.all([1, 2, 3].map(() => addon.buildEngine(onnx, fullPlanOptions)));
    expect(engines.every((engine) => engine.byteLength === engines[0]?.byteLength)).toBe(true);
  });
});

const models = join(root, 'models');
const prepared = (existsSync(models) ? readdirSync(models) : [])
  .map((id) => ({ id, onnxFile: join(models, id, 'prepared', 'model.onnx') }))
  .filter(({ onnxFile }) => existsSync(onnxFile));
describe.skipIf(prepared.length === 0)('the prepared models', () => {
  beforeEach(needsDriver);

  test.each(prepared)('$id builds for 8.6 in each of its profiles', async ({ id, onnxFile }) => {
    const card = ModelCard.parse(JSON.parse(readFileSync(join(models, id, 'model.json'), 'utf8')));
    const file = readFileSync(onnxFile);
    for (const { height, width } of card.profiles) {
      const engine = await addon.buildEngine(file, { ...fullPlanOptions, shape: [height, width] });
      expect(engine.byteLength).toBeGreaterThan(file.byteLength);
    }
  });
});

describe('openSession', () => {
  test('refuses a plan that is no bytes', async () => {
    // @ts-expect-error a wrong argument on purpose
    expect(await failure(() => addon.openSession('plan'))).toMatchObject({
      code: 'BAD_ARGUMENT',
      message: 'Expected Uint8Array for plan but received string',
    });
  });

  test.each([
    [{ runtimeCache: 'x' }, 'Expected Uint8Array for options.runtimeCache but received string'],
    [{ cudaGraph: 'yes' }, 'Expected boolean for options.cudaGraph but received string'],
    [{ device: -1 }, 'Expected integer from 0 to 1023 for options.device but received -1'],
  ])('refuses the session options %j', async (options, words) => {
    // @ts-expect-error wrong arguments on purpose
    expect(await failure(() => addon.openSession(onnx, options))).toMatchObject({
      code: 'BAD_ARGUMENT',
      message: words,
    });
  });
});

test('reads each of the session options once, so that no getter can answer twice', async () => {
  const reads: string[] = [];
  const options = {
    get runtimeCache() {
      reads.push('runtimeCache');
      return new Uint8Array(1);
    },
    get device() {
      reads.push('device');
      return 99;
    },
  };
  expect((await failure(() => addon.openSession(onnx, options))).code).toMatch(/^(DRIVER|GPU)_MISSING$/);
  expect(reads).toEqual(['runtimeCache', 'device']);
});

test.each(['vram', 'engineValidity', 'engineWeights', 'refit', 'openSession'] as const)(
  '%s takes the GPU from its options',
  async (name) => {
    const options = { device: -1 };
    const calls = {
      vram: () => addon.vram(options),
      engineValidity: () => addon.engineValidity(onnx, options),
      engineWeights: () => addon.engineWeights(onnx, options),
      refit: () => addon.refit(onnx, onnx, options),
      openSession: () => addon.openSession(onnx, options),
    };
    expect(await failure(calls[name])).toMatchObject({
      code: 'BAD_ARGUMENT',
      message: 'Expected integer from 0 to 1023 for options.device but received -1',
    });
  },
);

const hasDriver = () => machine.driver.kind === 'known';
describe('without a driver', () => {
  test('probe says so, and still knows the runtime', ({ skip }) => {
    if (hasDriver()) skip('this machine has a driver');
    expect(machine.driver).toMatchObject({ kind: 'unknown', reason: expect.stringMatching(/cuda/i) });
    expect(machine.gpus).toMatchObject({ kind: 'unknown', reason: expect.stringMatching(/cuda/i) });
    // NVIDIA linked its engine library for Windows to the driver's, so that it does not open without.
    if (lacksDriver())
      expect(machine.runtime).toMatchObject({ kind: 'unknown', reason: expect.stringMatching(/^nvcuda.dll: /) });
    else expect(machine.runtime.kind).toBe('known');
  });

  test('no engine fits, whatever it is', ({ skip }) => {
    if (hasDriver()) skip('this machine has a driver');
    for (const engine of [new Uint8Array(0), onnx, readFileSync(process.execPath).subarray(0, 65536)])
      expect(addon.engineValidity(engine)).toEqual({ valid: false, reasons: ['driver'] });
  });

  test('a stripped build, a refit, a session and vram fail with DRIVER_MISSING', async ({ skip }) => {
    if (hasDriver()) skip('this machine has a driver');
    if (lacksDriver()) skip('nothing can be built here');
    const plan = await addon.buildEngine(onnx, fullPlanOptions);
    const calls = [
      () => addon.buildEngine(onnx, { ...fullPlanOptions, strip: true, refit: 'identical' }),
      () => addon.refit(plan, onnx),
      () => addon.refit(plan.subarray(0, 1000), onnx),
      () => addon.openSession(plan),
      () => addon.openSession(new Uint8Array(1000)),
      () => addon.vram(),
    ];
    for (const call of calls) expect((await failure(call)).code).toBe('DRIVER_MISSING');
    // None of these failures spoils the process for a later build.
    expect((await addon.buildEngine(onnx, fullPlanOptions)).byteLength).toBe(plan.byteLength);
  });
});
