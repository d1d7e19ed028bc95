/** Two entries of one place in the cache: what is there, and what is to replace it. */
import type { Entry, Identity } from '../../storage/cache';

export const identity: Identity = {
  model: 'photo',
  enginesSha256: 'e'.repeat(64),
  onnxSha256: '0'.repeat(64),
  runtime: 'tensorrt-rtx 1.6.1',
  gpuUuid: 'GPU-1',
  computeCapability: '8.9',
  driverMajor: '580',
};
export const seal = 'a key';

const entry = (name: string, bytes: number): Entry => ({
  plan: Buffer.alloc(bytes, `${name} plan `),
  kernels: Buffer.alloc(bytes, `${name} kernels `),
  race: { winner: { profile: 'tile32', target: 'portable', cudaGraph: true }, rows: [] },
});
export const older = entry('older', 3000);
export const newer = entry('newer', 5000);
