/**
 * Two versions of the engine library side by side, without a GPU: the newer one beside the one that ships. Runs where the newer one is set
 * up: `node tools/setup.mjs runtime-1.7.1`.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { brotliCompressSync, constants } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type EngineEntry, type ModelCard, parseCatalog, parseModelCard } from '../../app/catalog';
import { defaultRuntime, runtimeOf, versionOf } from '../../app/runtimes';
import type { GpuTask } from '../../host/protocol';
import { Workbench } from '../../host/workbench';
import { paths } from '../../main/paths';
import { loadAddon } from '../../native/addon';
import { exampleIdentity } from '../../storage/identity.fixture';
import { sha256 } from '../../storage/verify';
import { wordsOf } from '../../words/errors';

const newer = runtimeOf('1.7.1').name;
const root = path.join(import.meta.dirname, '..', '..');
const where = paths(root, false);
const run = promisify(execFile);
const model = 'fast-x4';
const onnxFile = where.prepared(model, 'model.onnx');
const isSetUp = [where.addon(newer), where.libraries(newer), onnxFile].every((file) => existsSync(file));

/** Builds a full plan in a process of its own, because a process holds one engine library. */
const script = `
const [addonFile, libraries, onnxFile, planFile] = process.argv.slice(1);
const { readFileSync, writeFileSync } = require('node:fs');
const addon = require(addonFile);
const { runtime, parser } = addon.probe(libraries);
const options = { strip: false, refit: 'none', computeCapabilities: [89], shape: [256, 256] };
const startedAt = performance.now();
addon.buildEngine(readFileSync(onnxFile), options).then((plan) => {
  writeFileSync(planFile, plan);
  const buildMs = Math.round(performance.now() - startedAt);
  console.log(JSON.stringify({ compiledFor: addon.runtime, runtime, parser, planBytes: plan.byteLength, buildMs }));
});`;

interface Built {
  compiledFor: string;
  runtime: unknown;
  parser: { value: string };
  planBytes: number;
  buildMs: number;
}

describe.skipIf(!isSetUp)('TensorRT-RTX 1.7.1 beside 1.6.1', () => {
  let folder: string;
  let card: ModelCard;
  let shipped: EngineEntry;
  const built = new Map<string, Built>();
  const planFile = (runtime: string) => path.join(folder, `${versionOf(runtime)}.plan`);

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'refit-runtimes-'));
    card = parseModelCard(await readFile(path.join(where.modelsDir, model, 'model.json'), 'utf8'), 'model.json');
    const { engines } = parseCatalog(await readFile(where.catalogFile, 'utf8'), 'catalog.json');
    const found = engines.find((entry) => entry.model === model && entry.target === 'portable' && !entry.base);
    if (!found) throw new Error(`Expected a portable engine of ${model}`);
    shipped = found;
    for (const runtime of [defaultRuntime, newer]) {
      const files = [where.addon(runtime), where.libraries(runtime), onnxFile, planFile(runtime)];
      const { stdout } = await run(process.execPath, ['-e', script, ...files]);
      const lines = stdout.trim().split('\n');
      built.set(runtime, JSON.parse(lines.at(-1) ?? '') as Built);
    }
  }, 300_000);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test.each([defaultRuntime, newer])('the addon of %s finds its own library and parser', (runtime) => {
    expect(built.get(runtime)).toMatchObject({
      compiledFor: runtime,
      runtime: { kind: 'known', value: runtime },
      parser: { value: expect.stringContaining(path.join('sdk', versionOf(runtime))) },
    });
  });

  test.each([defaultRuntime, newer])('%s builds a full plan for 8.9 of a network that ships', async (runtime) => {
    const { planBytes = 0 } = built.get(runtime) ?? {};
    expect(planBytes).toBeGreaterThan(card.onnx.bytes);
  });

  test('each makes a plan of its own, which names its release', async () => {
    const [older, other] = await Promise.all([defaultRuntime, newer].map((runtime) => readFile(planFile(runtime))));
    expect(older?.equals(other ?? Buffer.of())).toBe(false);
    // Not documented, seen in both: one byte each for major, minor, patch and build.
    const releases = [older, other].map((plan) => plan?.subarray(24, 28).join('.'));
    expect(releases).toEqual([defaultRuntime, newer].map((name) => runtimeOf(name).wheel.version));
  });

  /** A host that holds one library, asked to refit an engine of another. */
  async function refusal(have: string, entry: EngineEntry, engineFile: string): Promise<unknown> {
    const bench = new Workbench(
      () => {
        throw new Error('no picture was to be opened');
      },
      loadAddon(where.addon(have)),
    );
    const profile = card.profiles.find(({ id }) => id === entry.profile);
    if (!profile) throw new Error(`Expected a profile ${entry.profile}`);
    const task: GpuTask = {
      ...{ card, entry, profile, engineFile, onnxFile, cudaGraph: false, gpu: 0, identity: exampleIdentity },
      preparedDir: path.dirname(onnxFile),
      cacheDir: path.join(folder, 'cache'),
      addon: where.addon(have),
      libraries: where.libraries(have),
    };
    await bench.verify(task);
    return bench.refit(task, () => {}).catch((error: unknown) => error);
  }

  test('a stripped engine of 1.6.1 is not handed to 1.7.1, and the reason is told in words', async () => {
    const error = await refusal(newer, shipped, where.engine(shipped));
    expect(error).toMatchObject({ code: 'RUNTIME_MISMATCH' });
    expect(wordsOf(error as Parameters<typeof wordsOf>[0]).message).toBe(
      'Two parts of Refit do not fit together: tensorrt-rtx 1.7.1 is here, tensorrt-rtx 1.6.1 is needed.',
    );
  });

  test('nor an engine of 1.7.1 to 1.6.1', async () => {
    // A stripped one needs a GPU to be built, so the full one stands for it.
    const engine = await readFile(planFile(newer));
    const entry: EngineEntry = {
      ...shipped,
      runtime: newer,
      engineSha256: sha256(engine),
      strippedBytes: engine.byteLength,
    };
    const file = path.join(folder, 'newer', 'portable.engine.br');
    await mkdir(path.dirname(file));
    await writeFile(file, brotliCompressSync(engine, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } }));
    expect(await refusal(defaultRuntime, entry, file)).toMatchObject({
      code: 'RUNTIME_MISMATCH',
      params: { have: defaultRuntime, need: newer },
    });
  });
});
