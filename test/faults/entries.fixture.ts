/** Two entries for one place in the cache: the old one, and the one that replaces it. */
import type { Entry } from '../../storage/cache';
import { exampleIdentity } from '../../storage/identity.fixture';

export const identity = exampleIdentity;
export const seal = 'a key';

const entry = (name: string, bytes: number): Entry => ({
  plan: Buffer.alloc(bytes, `${name} plan `),
  kernels: Buffer.alloc(bytes, `${name} kernels `),
  race: { winner: { profile: 'tile32', target: 'portable', cudaGraph: true }, rows: [] },
});
export const older = entry('older', 3000);
export const newer = entry('newer', 5000);
