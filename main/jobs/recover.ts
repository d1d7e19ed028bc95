/** Decides what a job does after a failure. Finishing the picture matters more than the device it began on. Pure. */
import type { ErrorCode } from '../../app/errors';
import type { Runner } from '../../app/runner';

export type Recovery =
  /** Goes on with the same device. */
  | 'again'
  /** Goes on with smaller tiles, or with the next device if the tool has none. */
  | 'smaller'
  /** Goes on with the next device: TensorRT, WebGPU, the processor. */
  | 'next'
  | 'fail';

/** A job leaves a device after this many failures in a row without a finished tile between them. */
export const maxFailuresWithoutProgress = 3;

/** @param failuresWithoutProgress failures in a row without a finished tile between them, this one included. */
export function recover(code: ErrorCode, device: Runner, failuresWithoutProgress: number): Recovery {
  switch (code) {
    // Another device would fail in the same way.
    case 'BAD_MESSAGE':
    case 'MODEL_MISSING':
    case 'BUSY':
    case 'INSTALL_GONE':
    case 'INSTALL_REPLACED':
    case 'RESULT_DISK_FULL':
      return 'fail';
    case 'HOST_DIED':
    case 'GPU_FAULT':
      if (failuresWithoutProgress < maxFailuresWithoutProgress) return 'again';
      break;
    case 'OUT_OF_VRAM':
      if (device === 'gpu') return 'smaller';
      break;
  }
  return device === 'cpu' ? 'fail' : 'next';
}
