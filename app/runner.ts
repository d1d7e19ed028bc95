/**
 * What a job runs on, the best first: a TensorRT engine on an RTX card, the same ONNX on any other GPU by WebGPU, or on the
 * processor. Pure.
 */
export const runners = ['gpu', 'webgpu', 'cpu'] as const;
export type Runner = (typeof runners)[number];

/** The best of those that serve; the processor serves always. @param lost those that failed this job. */
export const bestRunner = (serves: (runner: Exclude<Runner, 'cpu'>) => boolean, lost: ReadonlySet<Runner>): Runner =>
  runners.find((runner) => runner !== 'cpu' && !lost.has(runner) && serves(runner)) ?? 'cpu';

/** Whether a job may run on it where the person wants nothing better than `upTo`. */
export const isAllowed = (runner: Runner, upTo: Runner): boolean => runners.indexOf(runner) >= runners.indexOf(upTo);
