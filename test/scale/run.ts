/**
 * Measures the scale report: large models with random weights, built full and stripped, refitted, loaded. `npm run scale` can be resumed:
 * it does not repeat a step whose files are there.
 *
 *   --models resnet-50,vit-l,…   default: all, smallest first
 *   --work <folder>              where files of up to 40 GB go; default .cache/scale
 *   --limit <seconds>            for one step; then its process is killed (300)
 *   --budget <seconds>           for the whole run; no step is begun after it, the report says what is missing
 *   --jobs <n>                   stripped builds side by side (8)
 *   --tensorrt-10 resnet-50,vit-b
 *                                models to measure with TensorRT 10.6 as well (factory/tensorrt10); default: none
 *   --tiny                       networks of the same code a thousand times smaller
 *
 * The report is written to docs/, but that of tiny networks, or of a machine without a GPU, stays in the work folder.
 */
import { execFile } from 'node:child_process';
import { mkdir, readFile, rm, statfs, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { devRuntimes } from '../../factory/tensorrt10/runtimes';
import { hostEnvironment } from '../../main/hosts/environment';
import { loadAddon } from '../../native/addon';
import { type ScaleModel, scaleModels } from './architectures';
import { type StepOutcome, writeReport } from './report';
import { filesOf, keyOf, needsGpu, type Step, type StepResults, type Subject, stages, stepsOf } from './steps';

const root = path.resolve(import.meta.dirname, '..', '..');
const { values } = parseArgs({
  options: {
    models: { type: 'string' },
    'tensorrt-10': { type: 'string', default: '' },
    work: { type: 'string', default: path.join(root, '.cache', 'scale') },
    limit: { type: 'string', default: '300' },
    budget: { type: 'string', default: '86400' },
    jobs: { type: 'string', default: '8' },
    tiny: { type: 'boolean', default: false },
  },
});
/** @throws Error for an unknown name. */
function modelsNamed(names: readonly string[]): ScaleModel[] {
  const unknown = names.filter((name) => !scaleModels.some((model) => model === name));
  if (unknown.length > 0) throw new Error(`No such model: ${unknown.join(', ')}. There are ${scaleModels.join(', ')}.`);
  return scaleModels.filter((model) => names.includes(model));
}
const models = modelsNamed(values.models?.split(',') ?? scaleModels);
const compared = modelsNamed(values['tensorrt-10'].split(',').filter(Boolean)).filter((model) =>
  models.includes(model),
);
// TensorRT 10 comes after the app's own runtime: where the time runs out, the app's figures are there.
const subjects: readonly Subject[] = [
  ...models.map((model) => ({ model, runtime: 'tensorrt-rtx' }) as const),
  ...compared.map((model) => ({ model, runtime: 'tensorrt-10' }) as const),
];
const work = path.resolve(values.work, values.tiny ? 'tiny' : 'full');
const startedAt = performance.now();
const elapsed = (): string => `${((performance.now() - startedAt) / 1000).toFixed(0).padStart(4)} s`;
const isOverBudget = (): boolean => performance.now() - startedAt > Number(values.budget) * 1000;

const addon = loadAddon(path.join(root, devRuntimes['tensorrt-rtx'].addonFile));
const machine = addon.probe(path.join(root, devRuntimes['tensorrt-rtx'].libraryDir));
const runtimes = {
  'tensorrt-rtx': addon.runtime,
  ...(compared.length > 0 && {
    'tensorrt-10': loadAddon(path.join(root, devRuntimes['tensorrt-10'].addonFile)).runtime,
  }),
};
const gpu = machine.gpus.kind === 'known' ? machine.gpus.value[0] : undefined;
const outcomes = new Map<string, StepOutcome>();
let isResumed = false;

/** @returns whether it was done, now or before. */
async function step(subject: Subject, name: Step): Promise<boolean> {
  const file = filesOf({ work, ...subject }).result(name);
  const key = keyOf(subject, name);
  const known = await readFile(file, 'utf8').catch(() => undefined);
  if (known !== undefined) {
    // The report says so: nobody knows from here what that run shared with this one but the work folder.
    isResumed = true;
    outcomes.set(key, { kind: 'done', result: JSON.parse(known) as StepResults[Step] });
    return true;
  }
  if (needsGpu(name, subject.runtime) && !gpu) return skip(key, 'needs an NVIDIA GPU, and there is none here');
  if (isOverBudget()) return skip(key, 'the time for this run was over');
  try {
    const script = path.join(import.meta.dirname, 'step.ts');
    const task = JSON.stringify({ step: name, ...subject, tiny: values.tiny, work });
    await mkdir(path.dirname(file), { recursive: true });
    const result = await child(['--import', 'tsx', script, task], Number(values.limit) * 1000);
    await writeFile(file, result);
    outcomes.set(key, { kind: 'done', result: JSON.parse(result) as StepResults[Step] });
    console.log(elapsed(), key, result);
    return true;
  } catch (error) {
    return skip(key, error instanceof Error ? error.message : String(error));
  }
}

function skip(key: string, reason: string): boolean {
  outcomes.set(key, { kind: 'missing', reason });
  console.log(elapsed(), key, 'MISSING:', reason);
  return false;
}

function child(args: string[], timeout: number): Promise<string> {
  return new Promise((resolve, reject) => {
    // In the environment of the app's hosts: the allocator's settings are a part of what is measured.
    const options = { timeout, killSignal: 'SIGKILL', maxBuffer: 1 << 26, env: hostEnvironment } as const;
    execFile(process.execPath, args, options, (error, out, words) => {
      if (!error) resolve(out);
      else reject(new Error(error.killed ? `took longer than ${timeout / 1000} s` : words.trim() || error.message));
    });
  });
}

const report = (): Promise<void> =>
  writeReport({
    folder: values.tiny || !gpu ? work : path.join(root, 'docs'),
    gpu: gpu?.name ?? 'none',
    driver: machine.driver.kind === 'known' ? machine.driver.value.version : null,
    runtimes,
    subjects,
    outcomes,
    isResumed,
  });

async function all(steps: readonly Step[], subject: Subject): Promise<void> {
  for (const name of stepsOf(subject, steps)) if (!(await step(subject, name)) && !name.startsWith('load')) break;
  await report();
}

await mkdir(work, { recursive: true });
const { bavail, bsize } = await statfs(work);
console.log(
  `${gpu?.name ?? 'no GPU'}, ${Object.values(runtimes).join(', ')}; ${(bavail * bsize) / 1e9} GB free in ${work}`,
);
for (const { steps, sideBySide } of stages) {
  if (!sideBySide) {
    for (const subject of subjects) {
      await all(steps, subject);
      // The next model's plan needs the room.
      if (steps.includes('refit')) await rm(filesOf({ work, ...subject }).plan, { force: true });
    }
    continue;
  }
  // The largest first: it takes longest.
  const waiting = [...subjects].reverse();
  const lane = async (): Promise<void> => {
    for (let subject = waiting.shift(); subject; subject = waiting.shift()) await all(steps, subject);
  };
  await Promise.all(Array.from({ length: Number(values.jobs) }, lane));
}
console.log(elapsed(), 'done');
