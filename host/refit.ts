/** Puts the weights back: a stripped engine and the ONNX it was built from become a plan. */
import { AppError } from '../app/errors';
import type { CheckedBinding, RefitProgress, RefitResult } from '../native/binding';
import { nativeError } from './sessions/session';

/**
 * @param engine a stripped engine whose hash was just checked. @param onnx likewise. @param gpu CUDA device ordinal.
 * @param keepRefittable whether the plan takes other weights later; its engine must have been built for that.
 * @throws AppError REFIT_FAILED or OUT_OF_VRAM, with the library's own lines in its detail.
 */
export async function refit(
  binding: CheckedBinding,
  model: string,
  engine: Uint8Array,
  onnx: Uint8Array,
  gpu: number,
  onProgress: (progress: RefitProgress) => void,
  keepRefittable = false,
): Promise<RefitResult> {
  try {
    return await binding.refit(engine, onnx, { keepRefittable, device: gpu }, onProgress);
  } catch (error) {
    throw nativeError(error, (detail) => new AppError('REFIT_FAILED', { model }, detail), model);
  }
}
