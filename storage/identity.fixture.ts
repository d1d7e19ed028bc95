import type { Identity } from './cache';

/** What an entry of the cache is kept under. */
export const exampleIdentity: Identity = {
  model: 'photo',
  enginesSha256: 'e'.repeat(64),
  onnxSha256: '0'.repeat(64),
  runtime: 'tensorrt-rtx 1.6.1',
  gpuUuid: 'GPU-1',
  computeCapability: '8.9',
  driverMajor: '580',
};
