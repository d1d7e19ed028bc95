/** Splits pictures for a network into messages. Pure. */
import { maxParts } from './contract';
import type { Picture } from './tiles';

/** Bytes of pixels in one message: some megabytes. A person can cancel between two. */
const maxBytes = 6 << 20;

/** @param pictures all of one size. @returns them in order, as many at once as one message takes. */
export function partsIn(pictures: readonly Picture[]): Picture[][] {
  const most = Math.max(1, Math.min(maxParts, Math.floor(maxBytes / (pictures[0]?.rgb.byteLength ?? 1))));
  return Array.from({ length: Math.ceil(pictures.length / most) }, (_, i) => pictures.slice(i * most, (i + 1) * most));
}
