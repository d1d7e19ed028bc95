/**
 * Splits pictures for a network into messages, or into sheets: files in which the pixels of one picture follow those of the other, each
 * from a row of its own. Pure.
 */
import { maxParts } from './contract';
import type { Picture } from './tiles';

/** Bytes of pixels in one message or sheet: some megabytes. A person can cancel between two. */
const maxBytes = 6 << 20;
/** Pixels in a sheet's row. */
const sheetWidth = 1024;

interface Size {
  width: number;
  height: number;
}

/** Pictures that one message or sheet takes. */
const mostOf = ({ width, height }: Size): number =>
  Math.max(1, Math.min(maxParts, Math.floor(maxBytes / (width * height * 3))));

/** @param pictures all of one size. @returns them in order, as many at once as one message takes. */
export function partsIn(pictures: readonly Picture[]): Picture[][] {
  const most = mostOf(pictures[0] ?? { width: 1, height: 1 });
  return Array.from({ length: Math.ceil(pictures.length / most) }, (_, i) => pictures.slice(i * most, (i + 1) * most));
}

/** A sheet's rows that a picture takes. */
export const sheetRows = ({ width, height }: Size): number => Math.ceil((width * height) / sheetWidth);

/** A file that takes as many pictures at once as `partsIn` gives, of any of these sizes. */
export const sheetFor = (sizes: readonly Size[]) => ({
  width: sheetWidth,
  height: Math.max(1, ...sizes.map((size) => mostOf(size) * sheetRows(size))),
  channels: 3 as const,
});
