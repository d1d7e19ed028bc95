/** Puts the weights back: makes a plan of a stripped engine and the ONNX that it was built from. */
import { AppError } from '../app/errors';
import type { CheckedBinding, RefitProgress, RefitResult } from '../native/binding';
import { nativeError } from './sessions/session';

/**
 * @param engine a stripped engine whose hash was just checked. @param onnx likewise. @param gpu CUDA device ordinal.
 * @param keepRefittable whether the plan takes other weights later; the engine must be built for that.
 * @throws AppError REFIT_FAILED, OUT_OF_VRAM, with the library's own lines in the detail.
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
