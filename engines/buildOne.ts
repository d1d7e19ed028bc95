/** One build, in a process of its own: strips, compresses, and measures the full plan that the engine stands for. */
import { readFile, writeFile } from 'node:fs/promises';
import { brotliCompressSync, constants } from 'node:zlib';
import { detect } from '../main/detect';
import { sha256 } from '../main/verify';
import type { BuildOptions } from '../native/binding';
import type { BuildAnswer, BuildTask } from './build';

const task = JSON.parse(process.argv[2] ?? '{}') as BuildTask;
const { binding, machine } = detect(task.addon, task.libraries);
if (machine.gpus.kind === 'unknown') throw new Error(`A stripped build needs a GPU: ${machine.gpus.reason}`);

const onnx = await readFile(task.onnxFile);
const build = async (options: Pick<BuildOptions, 'strip' | 'refit'>) => {
  const startedAt = performance.now();
  const { shape, computeCapabilities } = task;
  const engine = await binding.buildEngine(onnx, { ...options, shape, computeCapabilities });
  return { engine, elapsedMs: performance.now() - startedAt };
};

const stripped = await build({ strip: true, refit: task.flags?.includes('REFIT') ? 'any' : 'identical' });
const compressed = brotliCompressSync(stripped.engine, {
  params: {
    [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
    [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
    [constants.BROTLI_PARAM_SIZE_HINT]: stripped.engine.byteLength,
  },
});
await writeFile(task.engineFile, compressed);
const full = await build({ strip: false, refit: 'none' });

const answer: BuildAnswer = {
  engineSha256: sha256(stripped.engine),
  strippedBytes: stripped.engine.byteLength,
  compressedBytes: compressed.byteLength,
  fullPlanBytes: full.engine.byteLength,
  buildMs: stripped.elapsedMs,
  fullBuildMs: full.elapsedMs,
};
process.stdout.write(JSON.stringify(answer));
