/** One step, in a process of its own, so that its peak of memory is its own and a failure costs nothing else. */
import { execFile } from 'node:child_process';
import { open, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants } from 'node:zlib';
import { type DevRuntime, devRuntimes } from '../../factory/tensorrt10/runtimes';
import { loadAddon } from '../../native/addon';
import type { Binding, BuildOptions, SessionSource } from '../../native/binding';
import { readOnnxFile } from '../../native/onnx';
import { peakBytes } from '../fuzz/peak';
import { architectures } from './architectures';
import { anonymousBytes, peakAnonymous } from './memory';
import {
  type BuildResult,
  type ExportResult,
  filesOf,
  type LoadResult,
  type PageCache,
  type RefitStepResult,
  type StepResults,
  type StepTask,
  type StrippedResult,
  type Way,
} from './steps';

const root = path.resolve(import.meta.dirname, '..', '..');

function addon(runtime: DevRuntime, needsGpu: boolean): Binding {
  const { addonFile, libraryDir } = devRuntimes[runtime];
  const binding = loadAddon(path.join(root, addonFile));
  const { gpus, driver } = binding.probe(path.join(root, libraryDir));
  if (needsGpu && (driver.kind === 'unknown' || gpus.kind === 'unknown' || gpus.value.length === 0))
    throw new Error('This step needs an NVIDIA GPU and its driver.');
  // The driver's own first work must not count as loading.
  if (needsGpu) binding.vram();
  return binding;
}

async function exportModel(task: StepTask): Promise<ExportResult> {
  const startedAt = performance.now();
  const network = architectures[task.model][task.tiny ? 'tiny' : 'full']();
  // Weights that lie together save kernels in TensorRT-RTX alone. TensorRT 10 gets each weight by itself, as exporters write them.
  const onnxBytes = await network.write(filesOf(task).folder, task.runtime === 'tensorrt-rtx');
  return { onnxBytes, weightBytes: network.weightBytes, elapsedMs: performance.now() - startedAt };
}

async function build(task: StepTask, options: Pick<BuildOptions, 'strip' | 'refit'>): Promise<BuildResult> {
  const { onnx, stripped } = filesOf(task);
  // A full plan is only measured: what refit makes is the same, and the disk has room for one.
  const target = options.strip ? stripped : null;
  const all: BuildOptions = { ...options, computeCapabilities: [] };
  const { bytes, buildMs } = await addon(task.runtime, options.strip).buildEngineFile(
    await readOnnxFile(onnx),
    target,
    all,
  );
  return { bytes, buildMs, peakHostBytes: peakBytes() };
}

async function strippedBuild(task: StepTask): Promise<StrippedResult> {
  const built = await build(task, { strip: true, refit: 'identical' });
  const engine = await readFile(filesOf(task).stripped);
  const { length: compressedBytes } = await promisify(brotliCompress)(engine, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
      [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
      [constants.BROTLI_PARAM_SIZE_HINT]: engine.byteLength,
    },
  });
  return { ...built, compressedBytes };
}

async function refit(task: StepTask): Promise<RefitStepResult> {
  const { onnx, weights, stripped, plan } = filesOf(task);
  const binding = addon(task.runtime, true);
  const engine = await readFile(stripped);
  await forgetPages(onnx, weights);
  const readMs = await readThrough(onnx, weights);
  await forgetPages(onnx, weights);
  const before = anonymousBytes();
  const anonymous = peakAnonymous();
  const refitted = await binding.refit(engine, await readOnnxFile(onnx), { planFile: plan });
  const { plan: _, sources: __, ...figures } = refitted;
  const peakAnonymousBytes = anonymous.stop();
  return {
    ...figures,
    readMs,
    peakHostBytes: peakBytes(),
    peakAnonymousBytes,
    addedBytes: peakAnonymousBytes - before,
  };
}

async function load(task: StepTask, way: Way | 'first', cache: PageCache): Promise<LoadResult> {
  const { onnx, weights, stripped, plan, kernels } = filesOf(task);
  const binding = addon(task.runtime, true);
  const engine = way === 'refit' ? await readFile(stripped) : new Uint8Array();
  const files = way === 'refit' ? [onnx, weights] : [plan];
  if (cache === 'cold') await forgetPages(...files);
  else await readThrough(...files);
  const hasKernels = task.runtime === 'tensorrt-rtx';
  const runtimeCache = way === 'first' || !hasKernels ? undefined : await readFile(kernels);
  const anonymous = peakAnonymous();
  const startedAt = performance.now();
  const source: SessionSource =
    way === 'refit'
      ? { engine, weights: await readOnnxFile(onnx) }
      : { file: plan, bytes: (await stat(plan)).size, deferWeights: way === 'deferred' };
  const session = await binding.openSession(source, { ...(runtimeCache && { runtimeCache }) });
  const elapsedMs = performance.now() - startedAt;
  const { deserializeMs, weightsMs, contextMs } = session;
  // One inference shows that it runs.
  await session.run(
    session.inputs.map(({ bytes }) => new Uint8Array(bytes)),
    session.outputs.map(({ bytes }) => new Uint8Array(bytes)),
  );
  if (way === 'first') await writeFile(kernels, session.runtimeCache());
  const memory = { peakHostBytes: peakBytes(), peakAnonymousBytes: anonymous.stop() };
  await session.close();
  return { elapsedMs, deserializeMs, weightsMs, contextMs, ...memory };
}

/** Reads files from start to end. @returns how long it took. */
async function readThrough(...files: string[]): Promise<number> {
  const buffer = Buffer.alloc(1 << 24);
  const startedAt = performance.now();
  for (const file of files) {
    const handle = await open(file, 'r');
    while ((await handle.read(buffer, 0, buffer.length)).bytesRead > 0);
    await handle.close();
  }
  return performance.now() - startedAt;
}

/** Puts files out of the system's page cache: synced, then posix_fadvise(DONTNEED) by way of dd, which needs no root. */
async function forgetPages(...files: string[]): Promise<void> {
  for (const file of files) {
    const handle = await open(file, 'r+');
    await handle.sync();
    await handle.close();
    if ((await stat(file)).size > 0)
      await promisify(execFile)('dd', [`if=${file}`, 'iflag=nocache', 'count=0', 'status=none']);
  }
}

const run: { [S in keyof StepResults]: (task: StepTask) => Promise<StepResults[S]> } = {
  export: exportModel,
  full: (task) => build(task, { strip: false, refit: 'none' }),
  stripped: strippedBuild,
  refit,
  kernels: (task) => load(task, 'first', 'warm'),
  'load stream cold': (task) => load(task, 'stream', 'cold'),
  'load stream warm': (task) => load(task, 'stream', 'warm'),
  'load deferred cold': (task) => load(task, 'deferred', 'cold'),
  'load deferred warm': (task) => load(task, 'deferred', 'warm'),
  'load refit cold': (task) => load(task, 'refit', 'cold'),
  'load refit warm': (task) => load(task, 'refit', 'warm'),
};

const task = JSON.parse(process.argv[2] ?? '{}') as StepTask;
run[task.step](task).then(
  (result) => process.stdout.write(JSON.stringify(result)),
  (error: unknown) => {
    const { code, message, detail } = error as { code?: string; message?: string; detail?: string };
    process.stderr.write([code, message ?? String(error), detail].filter(Boolean).join('\n'));
    process.exitCode = 1;
  },
);
