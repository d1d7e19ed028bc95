/** A full build, in a process of its own: the plan that shipping without weights replaces, and what it costs to make. */
import { readFile, writeFile } from 'node:fs/promises';
import { detectUnchecked } from '../../host/detect';
import type { BuildTask } from './build';
import { endWithParent, sayAnswer } from './work';

endWithParent();
const task = JSON.parse(process.argv[2] ?? '{}') as BuildTask;
const { binding } = detectUnchecked(task.addon, task.libraries);
const onnx = await readFile(task.onnxFile);
const { shape, computeCapabilities } = task;
const startedAt = performance.now();
const plan = await binding.buildEngine(onnx, { strip: false, refit: 'none', shape, computeCapabilities });
const fullBuildMs = performance.now() - startedAt;
await writeFile(task.engineFile, plan);
sayAnswer({ fullBuildMs });
