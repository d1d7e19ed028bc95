/** A full build, in a process of its own: the plan that shipping without weights replaces, and what it costs to make. */
import { readFile, writeFile } from 'node:fs/promises';
import { detect } from '../main/detect';
import type { BuildTask } from './build';
import { endWithParent, sayAnswer } from './work';

export interface FullBuildTask extends BuildTask {
  /** 'none' where omitted. 'identical': as stripped engines are built, but with the weights left in. */
  refit?: 'none' | 'identical';
}

endWithParent();
const task = JSON.parse(process.argv[2] ?? '{}') as FullBuildTask;
const { binding } = detect(task.addon, task.libraries);
const onnx = await readFile(task.onnxFile);
const { shape, computeCapabilities, refit = 'none' } = task;
const startedAt = performance.now();
const plan = await binding.buildEngine(onnx, { strip: false, refit, shape, computeCapabilities });
const fullBuildMs = performance.now() - startedAt;
await writeFile(task.engineFile, plan);
sayAnswer({ fullBuildMs });
