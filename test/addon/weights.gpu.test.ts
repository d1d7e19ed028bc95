/** Every way that weights get into an engine, on a real GPU, with a network whose right answer is known exactly. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { devAddonFile, devLibraryDir, loadAddon } from '../../native/addon';
import type { BuildOptions, RefitResult, SessionSource, WeightSource } from '../../native/binding';
import { outlineOnnx, readOnnxFile } from '../../native/onnx';
import { expectedPixels, type TinyNetwork, tinyOnnx, tinyOnnxWithData } from '../tinyOnnx';

const root = path.join(import.meta.dirname, '..', '..');
const addonFile = path.join(root, devAddonFile);
const libraryDir = path.join(root, devLibraryDir);
const addon = loadAddon(addonFile);

const height = 64;
const width = 48;
const network: TinyNetwork = { factor: 0.5, offset: 10 };
const newer: TinyNetwork = { factor: 0.25, offset: 20 };
const onnx = tinyOnnx(network);
const newerOnnx = tinyOnnx(newer);
const pixels = Uint8Array.from({ length: height * width * 3 }, (_, i) => ((i * 7) % 64) * 4);

const folder = mkdtempSync(path.join(tmpdir(), 'refit-weights-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const inFolder = (name: string) => path.join(folder, name);

/** Builds in a process of its own: the library allows one build a process. @returns the engine. */
function build(source: Uint8Array, refit: BuildOptions['refit'], strip = true): Uint8Array {
  writeFileSync(inFolder('built.onnx'), source);
  const options: BuildOptions = { strip, refit, computeCapabilities: [], shape: [height, width] };
  const script = `
    const addon = require(${JSON.stringify(addonFile)});
    addon.probe(${JSON.stringify(libraryDir)});
    const onnx = { file: ${JSON.stringify(inFolder('built.onnx'))}, external: [] };
    addon.buildEngineFile(onnx, ${JSON.stringify(inFolder('built.engine'))}, ${JSON.stringify(options)}).then(
      (built) => console.log(JSON.stringify(built)),
      (error) => { console.error(error.code, error.message, error.detail); process.exitCode = 1; });`;
  execFileSync(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  return new Uint8Array(readFileSync(inFolder('built.engine')));
}

/** A file's initializers as tensors by name. */
function tensorsOf(file: Uint8Array): Map<string, Uint8Array> {
  const { tensors } = outlineOnnx(file, 'tiny.onnx');
  return new Map(tensors.map(({ name, offset, bytes }) => [name, file.slice(offset, offset + bytes)]));
}

async function outputOf(source: SessionSource): Promise<Uint8Array> {
  const session = await addon.openSession(source);
  const output = new Uint8Array(pixels.length);
  await session.run([pixels], [output]);
  console.log('deserialize', session.deserializeMs, 'weights', session.weightsMs, 'context', session.contextMs, 'ms');
  await session.close();
  return output;
}

const failure = (work: Promise<unknown>): Promise<{ code?: string; message?: string }> =>
  work.then(
    () => ({}),
    (error: { code: string; message: string }) => error,
  );

/** `open` takes any weights, the other only those that it was built with. */
let open: Uint8Array;
let identical: Uint8Array;
beforeAll(() => {
  const { gpus } = addon.probe(libraryDir);
  if (gpus.kind === 'unknown' || gpus.value.length === 0) throw new Error('These tests need a GPU');
  open = build(onnx, 'any');
  identical = build(onnx, 'identical');
  writeFileSync(inFolder('model.onnx'), onnx);
}, 300_000);

const figures = ({ plan, ...rest }: RefitResult) => ({ ...rest, plan: plan.byteLength });

describe('weights', () => {
  test('an engine built for any weights tells their names, which are those of the ONNX file', async () => {
    const weights = await addon.engineWeights(open);
    console.log(JSON.stringify(weights));
    const tensors = tensorsOf(onnx);
    for (const name of ['first.weight', 'second.weight', 'second.bias'])
      expect(weights.find((weight) => weight.name === name)).toMatchObject({
        dtype: 'float32',
        bytes: tensors.get(name)?.byteLength,
      });
  });

  test.each(['identical', 'any'] as const)(
    "file, bytes and tensors give the same plan's pictures, bit for bit, in an engine built for %s weights",
    async (kind) => {
      const engine = kind === 'any' ? open : identical;
      const wanted = await addon.engineWeights(engine);
      const all = tensorsOf(onnx);
      const tensors = new Map(wanted.map(({ name }) => [name, all.get(name) ?? new Uint8Array()]));
      const sources: Record<string, WeightSource> = {
        bytes: onnx,
        file: await readOnnxFile(inFolder('model.onnx')),
        tensors,
      };
      for (const [name, source] of Object.entries(sources)) {
        const refitted = await addon.refit(engine, source);
        console.log(kind, name, JSON.stringify(figures(refitted)));
        expect(await outputOf(refitted.plan), name).toEqual(expectedPixels(pixels, network));
      }
    },
  );

  test('weights in a file beside the ONNX give the same pictures', async () => {
    const outside = tinyOnnxWithData(network);
    writeFileSync(inFolder('outside.onnx'), outside.onnx);
    writeFileSync(inFolder('weights.bin'), outside.data);
    const source = await readOnnxFile(inFolder('outside.onnx'));
    expect(source.external).toHaveLength(3);
    expect(await outputOf((await addon.refit(open, source)).plan)).toEqual(expectedPixels(pixels, network));
  });

  test('the file tells which initializers went into the engine', async () => {
    expect((await addon.refit(open, onnx)).sources).toEqual(
      expect.arrayContaining(['first.weight', 'second.bias', 'second.weight']),
    );
  });

  test('tensors that are missing, unknown or of another size are refused', async () => {
    const all = tensorsOf(onnx);
    const some = new Map([['second.bias', all.get('second.bias') ?? new Uint8Array()]]);
    expect((await failure(addon.refit(open, some))).code).toBe('WEIGHTS_MISSING');
    expect((await failure(addon.refit(open, new Map([['third', new Uint8Array(4)]])))).code).toBe('BAD_ARGUMENT');
    const short = await failure(addon.refit(open, new Map([['second.bias', new Uint8Array(4)]])));
    expect(short.message).toContain('Expected 12 bytes for "second.bias" but received 4');
  });
});

describe('a plan that stays refittable', () => {
  let plan: Uint8Array;
  beforeAll(async () => {
    plan = (await addon.refit(open, onnx, { keepRefittable: true })).plan;
  });
  const changed = () => {
    const all = tensorsOf(newerOnnx);
    return new Map(['second.weight', 'second.bias'].map((name) => [name, all.get(name) ?? new Uint8Array()]));
  };

  test('takes only the changed tensors, and gives what a fresh build of the new weights gives', async () => {
    const updated = await addon.refit(plan, changed(), { keepRefittable: true, changedOnly: true });
    console.log('update', JSON.stringify(figures(updated)));
    const fresh = build(newerOnnx, 'any', false);
    expect(await outputOf(updated.plan)).toEqual(expectedPixels(pixels, newer));
    expect(await outputOf(updated.plan)).toEqual(await outputOf(fresh));
  });

  test('takes weights again and again', async () => {
    const options = { keepRefittable: true };
    const once = await addon.refit(plan, changed(), { ...options, changedOnly: true });
    const back = await addon.refit(once.plan, onnx, options);
    expect(await outputOf(back.plan)).toEqual(expectedPixels(pixels, network));
  });

  test('one that does not is refused new weights', async () => {
    const closed = (await addon.refit(open, onnx)).plan;
    expect((await failure(addon.refit(closed, changed()))).code).toBe('ENGINE_INVALID');
  });
});

describe('without a copy of the plan on the host', () => {
  let plan: string;
  beforeAll(async () => {
    plan = inFolder('tiny.plan');
    const { plan: held, planBytes } = await addon.refit(open, onnx, {
      planFile: plan,
      keepRefittable: true,
    });
    expect([held.byteLength, statSync(plan).size]).toEqual([0, planBytes]);
  });

  test.each([false, true])('a session opens from the plan’s file, weights deferred: %s', async (deferWeights) => {
    expect(await outputOf({ file: plan, bytes: statSync(plan).size, deferWeights })).toEqual(
      expectedPixels(pixels, network),
    );
  });

  test('a session opens from a stripped engine and an ONNX file, with no plan at all', async () => {
    const weights = await readOnnxFile(inFolder('model.onnx'));
    for (const engine of [open, identical])
      expect(await outputOf({ engine, weights })).toEqual(expectedPixels(pixels, network));
  });

  test('a plan’s file is refitted without being read into memory first', async () => {
    const updated = await addon.refit(plan, newerOnnx);
    expect(await outputOf(updated.plan)).toEqual(expectedPixels(pixels, newer));
  });

  test.each([0, 100, -1000])('a plan’s file cut off at %s is refused', async (at) => {
    const bytes = readFileSync(plan);
    writeFileSync(inFolder('cut.plan'), bytes.subarray(0, at < 0 ? bytes.length + at : at));
    const script = `
      const addon = require(${JSON.stringify(addonFile)});
      addon.probe(${JSON.stringify(libraryDir)});
      addon.openSession({ file: ${JSON.stringify(inFolder('cut.plan'))}, bytes: ${bytes.length} }).then(
        () => console.log('none'), (error) => console.log(error.code));`;
    expect(execFileSync(process.execPath, ['-e', script], { encoding: 'utf8' }).trim()).toBe('ENGINE_INVALID');
  });

  test('says which file is missing', async () => {
    expect((await failure(addon.openSession({ file: inFolder('none.plan'), bytes: 1 }))).code).toBe('FILE_FAILED');
  });
});
