/** New weights on a real GPU and a real model: a weight pack against a fresh build. Writes docs/weights-report. */
import { execFile } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { brotliCompressSync, constants } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { EngineEntry, ModelCard } from '../../app/catalog';
import { makePack, type PackSummary } from '../../factory/cli/makePack';
import { enlargedFile, fileOf, pixelsOf, startHost, taskOn } from '../../factory/engines/measure';
import { openRig } from '../../factory/engines/rig';
import type { GpuTask, UpdateFigures } from '../../host/protocol';
import { openGpu } from '../../host/sessions/session';
import { configurationOf, idOf } from '../../main/setup/candidates';
import { openVersions, type Versions } from '../../main/weights/versions';
import { createWeights, type Weights } from '../../main/weights/weights';
import type { BuildOptions } from '../../native/binding';
import { outlineOnnx } from '../../native/onnx';
import type { PictureFacts } from '../../native/pixels';
import { readEntry } from '../../storage/cache';
import { readGolden, sha256 } from '../../storage/verify';
import { writeWeightsReport } from './weightsReport';

const { rig, subjects } = await openRig();
const found = subjects.find(({ card }) => card.id === 'fast-x4');
if (!found) throw new Error('no engine of fast-x4 for this GPU');
const profile = found.profile;
/** One profile, so that the pack's golden pictures are one. */
const card: ModelCard = { ...found.card, profiles: [profile] };
const preparedDir = path.dirname(rig.paths.prepared(card.id, 'model.onnx'));
const { publicKey, privateKey } = generateKeyPairSync('ed25519');

let work: string;
let newOnnxFile: string;
let newSha256: string;
let summary: PackSummary;
let stripped: Built;
let task: GpuTask;
let versions: Versions;
let weights: Weights;
let figures: UpdateFigures | undefined;
let installMs: number;
const host = startHost();

interface Built {
  file: string;
  buildMs: number;
}

/** One build a process is the library's rule. */
async function build(onnxFile: string, options: Pick<BuildOptions, 'strip' | 'refit'>): Promise<Built> {
  const file = path.join(work, `${path.basename(onnxFile)}.${options.strip}.${options.refit}.engine`);
  const all: BuildOptions = { ...options, computeCapabilities: [], shape: [profile.height, profile.width] };
  const script = `
    const addon = require(${JSON.stringify(rig.paths.addon(rig.runtime))});
    addon.probe(${JSON.stringify(rig.paths.libraries(rig.runtime))});
    const onnx = { file: ${JSON.stringify(onnxFile)}, external: [] };
    addon.buildEngineFile(onnx, ${JSON.stringify(file)}, ${JSON.stringify(all)}).then(
      (built) => console.log(JSON.stringify(built)),
      (error) => { console.error(error.code, error.message, error.detail); process.exitCode = 1; });`;
  const { stdout } = await promisify(execFile)(process.execPath, ['-e', script]);
  return { file, buildMs: (JSON.parse(stdout) as { buildMs: number }).buildMs };
}

/** The model's weights, many of them a little different. */
async function newWeights(): Promise<Buffer> {
  const onnx = await readFile(path.join(preparedDir, 'model.onnx'));
  for (const { offset, bytes } of outlineOnnx(onnx, card.id).tensors)
    if (bytes > 1000) for (let i = offset; i < offset + bytes; i += 6) onnx[i] = (onnx[i] ?? 0) ^ 0x08;
  return onnx;
}

async function outputOf(plan: Uint8Array): Promise<Uint8Array> {
  const { input } = await readGolden(preparedDir, found?.card ?? card, profile.id);
  const session = await openGpu(rig.binding, card, profile, { plan }, rig.gpu.index);
  const [output] = await session.run(input);
  await session.close();
  return output?.bytes ?? new Uint8Array();
}

async function cachedPlan(onnxSha256: string): Promise<Uint8Array> {
  const { cacheDir, identity } = versions.taskWith(task, onnxSha256);
  const entry = await readEntry(cacheDir, identity);
  if (entry.kind !== 'hit' || !entry.entry.plan) throw new Error(`the plan of ${onnxSha256} is ${entry.kind}`);
  return entry.entry.plan;
}

const isEqual = (a: Uint8Array, b: Uint8Array): boolean => a.byteLength > 0 && Buffer.compare(a, b) === 0;

beforeAll(async () => {
  work = await mkdtemp(path.join(tmpdir(), 'refit-packs-'));
  newOnnxFile = path.join(work, 'new.onnx');
  const onnx = await newWeights();
  newSha256 = sha256(onnx);
  await writeFile(newOnnxFile, onnx);
  const signingKey = privateKey.export({ format: 'pem', type: 'pkcs8' });
  const out = path.join(work, 'fast-x4.refitpack');
  const packing = makePack({ card, preparedDir, newOnnxFile, out, signingKey });
  [summary, stripped] = await Promise.all([
    packing,
    build(rig.paths.prepared(card.id, 'model.onnx'), { strip: true, refit: 'any' }),
  ]);

  const engine = await readFile(stripped.file);
  const entry: EngineEntry = {
    ...(found?.entry as EngineEntry),
    base: undefined,
    flags: ['STRIP_PLAN', 'REFIT'],
    onnxSha256: card.onnx.sha256,
    engineSha256: sha256(engine),
    strippedBytes: engine.byteLength,
  };
  const engineFile = path.join(work, 'fast-x4.engine.br');
  await writeFile(engineFile, brotliCompressSync(engine, { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } }));
  const shipped = { cards: [card], catalog: { version: 1 as const, engines: [entry] }, notices: [] };
  versions = await openVersions(path.join(work, 'weights'), shipped, rig.paths);
  task = { ...taskOn(rig, card, profile, entry, path.join(work, 'cache')), engineFile };
  host.host.configure(configurationOf([task]));
  for (const verb of ['verify', 'refit', 'check', 'keep'] as const) await host.host.call(verb, idOf(task));
  const current = () => versions.taskWith(task, versions.current(card.id).onnx.sha256);
  const key = publicKey.export({ format: 'der', type: 'spki' }).toString('base64');
  weights = createWeights(versions, { gpu: host.host }, current, async () => {}, key);

  const startedAt = performance.now();
  ({ figures } = await weights.install(out));
  installMs = performance.now() - startedAt;
  console.log(JSON.stringify({ summary, strippedBuildMs: stripped.buildMs, installMs, figures }));
}, 300_000);
afterAll(async () => {
  host.host.stop();
  await rm(work, { recursive: true, force: true });
});

test('the pack moves at most 1.05 times the bytes that changed', () => {
  expect(summary.packBytes / summary.changedBytes).toBeLessThan(1.05);
});

test('the cached plan was refitted in place, with the changed tensors by name', () => {
  expect(figures?.by).toBe('tensors');
  expect(figures?.weights).toBe(summary.tensors);
});

test('the updated plan gives what a fresh build of the new weights gives, bit for bit', async () => {
  const updated = await outputOf(await cachedPlan(newSha256));
  const fresh = await build(newOnnxFile, { strip: false, refit: 'any' });
  const plain = await build(newOnnxFile, { strip: false, refit: 'none' });
  const equalsFresh = isEqual(updated, await outputOf(await readFile(fresh.file)));
  const equalsPlain = isEqual(updated, await outputOf(await readFile(plain.file)));
  await writeWeightsReport(rig, {
    model: card.id,
    profile: profile.id,
    ...summary,
    fullBuildMs: plain.buildMs,
    refittableBuildMs: fresh.buildMs,
    installMs,
    update: figures ?? null,
    equalsFreshRefittableBuild: equalsFresh,
    equalsFreshPlainBuild: equalsPlain,
  });
  console.log(JSON.stringify({ fresh: fresh.buildMs, plain: plain.buildMs, equalsFresh, equalsPlain }));
  expect(equalsFresh).toBe(true);
});

test('both versions are in the cache, and differ', async () => {
  const before = await outputOf(await cachedPlan(card.onnx.sha256));
  const after = await outputOf(await cachedPlan(newSha256));
  expect(isEqual(before, after)).toBe(false);
});

test('compares the two on the same picture', async () => {
  const { input } = await readGolden(preparedDir, card, profile.id);
  const source = await fileOf({ width: profile.width, height: profile.height, rgb: input });
  const [before, after] = [await enlargedFile(card, profile), await enlargedFile(card, profile)];
  try {
    const results: [PictureFacts, PictureFacts] = [before.facts, after.facts];
    const pictures = { picture: { picture: source.facts }, results };
    expect(await weights.compare(card.id, [card.onnx.sha256, newSha256], pictures)).toBeNull();
    expect(isEqual(await pixelsOf(before), await outputOf(await cachedPlan(card.onnx.sha256)))).toBe(true);
    expect(isEqual(await pixelsOf(after), await outputOf(await cachedPlan(newSha256)))).toBe(true);
  } finally {
    for (const file of [source, before, after]) await file.close();
  }
});

test('switches back at once: nothing is refitted, the old plan opens', async () => {
  const startedAt = performance.now();
  await weights.choose(card.id, card.onnx.sha256);
  const current = idOf(versions.taskWith(task, versions.current(card.id).onnx.sha256));
  expect(await host.host.call('lookUp', current)).toMatchObject({ kind: 'hit' });
  const opened = await host.host.call('openGpu', current);
  console.log('switched back in', performance.now() - startedAt, 'ms', JSON.stringify(opened));
  expect(versions.shipped.cards[0]?.onnx.sha256).toBe(card.onnx.sha256);
});
