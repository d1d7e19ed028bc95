/** One build, in a process of its own: strips, compresses, and measures the full plan that the engine stands for. */
import { readFile, writeFile } from 'node:fs/promises';
import { detectUnchecked } from '../../host/detect';
import type { BuildOptions } from '../../native/binding';
import { sha256 } from '../../storage/verify';
import type { BuildAnswer, BuildTask } from './runBuild';
import { packEngine } from './tails';
import { endWithParent, sayAnswer, sayProgress } from './work';

endWithParent();
const task = JSON.parse(process.argv[2] ?? '{}') as BuildTask;
const { binding, machine } = detectUnchecked(task.addon, task.libraries);
if (machine.gpus.kind === 'unknown') throw new Error(`A stripped build needs a GPU: ${machine.gpus.reason}`);

/** The share of the stripped build in the time of both builds, about, on an H100 (25–300 s against 0.4–8 s and the compression). */
const strippedShare = 0.8;

const onnx = await readFile(task.onnxFile);
const build = async (options: Pick<BuildOptions, 'strip' | 'refit'>, from: number, to: number) => {
  const startedAt = performance.now();
  const { shape, computeCapabilities } = task;
  const onProgress = (fraction: number) => sayProgress(from + fraction * (to - from));
  const engine = await binding.buildEngine(onnx, { ...options, shape, computeCapabilities }, onProgress);
  return { engine, elapsedMs: performance.now() - startedAt };
};

const stripped = await build(
  { strip: true, refit: task.flags?.includes('REFIT') ? 'any' : 'identical' },
  0,
  strippedShare,
);
const compressed = await packEngine(stripped.engine);
await writeFile(task.engineFile, compressed);
const full = await build({ strip: false, refit: 'none' }, strippedShare, 1);

const answer: BuildAnswer = {
  engineSha256: sha256(stripped.engine),
  strippedBytes: stripped.engine.byteLength,
  compressedBytes: compressed.byteLength,
  fullPlanBytes: full.engine.byteLength,
  buildMs: stripped.elapsedMs,
  fullBuildMs: full.elapsedMs,
};
sayAnswer(answer);
