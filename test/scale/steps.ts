/** The steps of the scale report: what each measures, and in which order. Each runs in a process of its own (step.ts). */
import path from 'node:path';
import type { DevRuntime } from '../../factory/tensorrt10/runtimes';
import type { ScaleModel } from './architectures';

export interface ExportResult {
  onnxBytes: number;
  weightBytes: number;
  elapsedMs: number;
}

export interface BuildResult {
  bytes: number;
  buildMs: number;
  peakHostBytes: number;
}

export interface StrippedResult extends BuildResult {
  /** Brotli, highest quality, largest window. */
  compressedBytes: number;
}

export interface RefitStepResult {
  weights: number;
  weightBytes: number;
  planBytes: number;
  /** The ONNX read from start to end, none of it in the page cache. */
  readMs: number;
  /** With none of the ONNX in the page cache either. */
  refitMs: number;
  deserializeMs: number;
  serializeMs: number;
  writeMs: number;
  /** Peak of this process's resident memory, and of its part that no file backs, which the system cannot drop. */
  peakHostBytes: number;
  peakAnonymousBytes: number;
  /** How far the refit raised that: the process had loaded the engine library and met the GPU before. */
  addedBytes: number;
}

export interface LoadResult {
  /** From the call to a session that can run, kernels at hand. */
  elapsedMs: number;
  deserializeMs: number;
  weightsMs: number;
  contextMs: number;
  peakHostBytes: number;
  peakAnonymousBytes: number;
}

/** Ways to open a session at the second launch. */
export const ways = ['stream', 'deferred', 'refit'] as const;
export type Way = (typeof ways)[number];
export const caches = ['cold', 'warm'] as const;
export type PageCache = (typeof caches)[number];

export interface StepResults {
  export: ExportResult;
  full: BuildResult;
  stripped: StrippedResult;
  refit: RefitStepResult;
  /** Compiles the kernels that the loads are given. */
  kernels: LoadResult;
  'load stream cold': LoadResult;
  'load stream warm': LoadResult;
  'load deferred cold': LoadResult;
  'load deferred warm': LoadResult;
  'load refit cold': LoadResult;
  'load refit warm': LoadResult;
}
export type Step = keyof StepResults;

export const loadStep = (way: Way, cache: PageCache): Step => `load ${way} ${cache}`;
const loads = ways.flatMap((way) => caches.map((cache) => loadStep(way, cache)));

/** A model of this report with the engine library that it is measured with. */
export interface Subject {
  model: ScaleModel;
  runtime: DevRuntime;
}

export const keyOf = ({ model, runtime }: Subject, step: Step): string => `${runtime} ${model} ${step}`;

/** TensorRT 10 loads a plan with its weights, never deferred, and leaves no kernels to compile when a session opens. */
const isOfTensorRt10 = (step: Step): boolean => step !== 'kernels' && !step.includes('deferred');
export const stepsOf = ({ runtime }: Subject, steps: readonly Step[]): readonly Step[] =>
  runtime === 'tensorrt-10' ? steps.filter(isOfTensorRt10) : steps;

/**
 * In this order: builds that are timed run alone, stripped ones side by side; then model by model what the GPU does, its plan
 * on the disk no longer than it is needed.
 */
export const stages: readonly { steps: readonly Step[]; sideBySide: boolean }[] = [
  { steps: ['export'], sideBySide: false },
  { steps: ['full'], sideBySide: false },
  { steps: ['stripped'], sideBySide: true },
  { steps: ['refit', 'kernels', ...loads], sideBySide: false },
];

/** TensorRT 10 builds nothing without a GPU. */
export const needsGpu = (step: Step, runtime: DevRuntime): boolean =>
  step !== 'export' && (step !== 'full' || runtime === 'tensorrt-10');

export interface StepTask extends Subject {
  step: Step;
  tiny: boolean;
  /** Where all files lie, one folder a model; in it one for a runtime that is not the app's. */
  work: string;
}

export function filesOf({ work, model, runtime }: Pick<StepTask, 'work' | 'model' | 'runtime'>) {
  const folder = path.join(work, model, ...(runtime === 'tensorrt-rtx' ? [] : [runtime]));
  const at = (name: string) => path.join(folder, name);
  return {
    folder,
    onnx: at('model.onnx'),
    weights: at('weights.bin'),
    stripped: at('stripped.engine'),
    plan: at('model.plan'),
    kernels: at('kernels.bin'),
    result: (step: Step) => at(`${step.replaceAll(' ', '-')}.json`),
  };
}
