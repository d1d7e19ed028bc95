/** What a job does about a failure. Finishing the picture matters more than the device it began on. Pure. */
import type { ErrorCode } from '../../app/errors';
import type { Runner } from '../../app/runner';

export type Recovery =
  /** Goes on, on the same device. */
  | 'again'
  /** Goes on with smaller tiles; on the next device if the tool has none. */
  | 'smaller'
  /** On the next device: TensorRT, WebGPU, the processor. */
  | 'next'
  | 'fail';

/** The job gives a device up after so many failures in a row that no tile came between. */
export const maxFailuresWithoutProgress = 3;

/** @param failuresWithoutProgress failures in a row without a finished tile between them, this one included. */
export function recover(code: ErrorCode, device: Runner, failuresWithoutProgress: number): Recovery {
  switch (code) {
    // No device can do what was asked wrongly, or asked of what is not there.
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
