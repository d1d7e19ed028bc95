/** What a job does about a failure. The picture comes first, then the device that it was meant for. Pure. */
import type { ErrorCode } from '../../app/errors';

export type Recovery =
  /** On the same device, from where it was. */
  | 'again'
  /** With smaller tiles, else on the processor. */
  | 'smaller'
  | 'cpu'
  | 'fail';

/** Deaths in a row without a tile between them, after which a device is given up for this job. */
export const maxBarren = 3;

/** @param barren failures in a row, this one among them, without anything finished between them. */
export function recover(code: ErrorCode, device: 'gpu' | 'cpu', barren: number): Recovery {
  switch (code) {
    // Asked wrongly, or for what is not there: that is so on any device.
    case 'BAD_MESSAGE':
    case 'MODEL_MISSING':
    case 'BUSY':
    case 'INSTALL_GONE':
    case 'INSTALL_REPLACED':
    case 'RESULT_DISK_FULL':
      return 'fail';
    case 'HOST_DIED':
    case 'GPU_FAULT':
      if (barren < maxBarren) return 'again';
      break;
    case 'OUT_OF_VRAM':
      if (device === 'gpu') return 'smaller';
      break;
  }
  return device === 'gpu' ? 'cpu' : 'fail';
}
