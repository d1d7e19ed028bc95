/** Whether a plan is kept, decided by measurement: docs/scale-report.md has both ways, cold and warm, by size. */
import type { ModelCard } from '../app/catalog';
import type { CheckedSource } from '../native/binding';
import type { Entry } from './cache';
import type { GpuTask } from './hostProtocol';
import { readEngine, readOnnx } from './verify';

/**
 * From this many bytes of ONNX on, putting the weights back again is faster than loading a plan, and the plan would be a second
 * copy of the weights on the user's disk: there only the compiled kernels are kept.
 */
export const noPlanFromBytes = 1_000_000_000;

export const keepsPlan = ({ onnx }: Pick<ModelCard, 'onnx'>): boolean => onnx.bytes < noPlanFromBytes;

/** What a session of a cached entry opens from: its plan, or what that is made of. @throws AppError as reading both does. */
export async function planOf({ card, entry, engineFile, onnxFile }: GpuTask, { plan }: Entry): Promise<CheckedSource> {
  if (plan) return plan;
  const [engine, weights] = await Promise.all([readEngine(engineFile, entry), readOnnx(onnxFile, card)]);
  return { engine, weights };
}
