/**
 * Splits pictures for a network into messages, or into sheets: files in which the pixels of one picture follow those of the other, each
 * from a row of its own, with room for what the network answers below them. Pure.
 */
import type { Picture } from './tiles';

/** The most pictures in one message or sheet. */
export const maxParts = 64;
/** Bytes of pixels in one message or sheet: some megabytes. A person can cancel between two. */
const maxBytes = 6 << 20;
/** Pixels in a sheet's row, and its bytes. */
const sheetWidth = 1024;
export const sheetRowBytes = sheetWidth * 3;
/** Rows for answers, 16 MB: of most networks they are smaller than the pictures. */
const answerRows = 5462;

interface Size {
  width: number;
  height: number;
}

/** How many pictures of a size one message or sheet takes. */
const mostOf = ({ width, height }: Size): number =>
  Math.max(1, Math.min(maxParts, Math.floor(maxBytes / (width * height * 3))));

/** @param pictures all of one size. @returns them in order, as many at once as one message takes. */
export function partsIn(pictures: readonly Picture[]): Picture[][] {
  const most = mostOf(pictures[0] ?? { width: 1, height: 1 });
  return Array.from({ length: Math.ceil(pictures.length / most) }, (_, i) => pictures.slice(i * most, (i + 1) * most));
}

/** A sheet's rows that a picture takes. */
export const sheetRows = ({ width, height }: Size): number => Math.ceil((width * height) / sheetWidth);

/** A file that takes as many pictures at once as `partsIn` gives, of any of these sizes, and their answers. */
export const sheetFor = (sizes: readonly Size[]) => ({
  width: sheetWidth,
  height: answerRows + Math.max(1, ...sizes.map((size) => mostOf(size) * sheetRows(size))),
  channels: 3 as const,
});

/** The rows for one picture's answer. @param at of the picture, from 0. @param length how many pictures the sheet holds. */
export function answerPlace(sheet: { height: number }, at: number, length: number): { row: number; rows: number } {
  const rows = Math.floor(answerRows / Math.max(1, length));
  return { row: sheet.height - answerRows + at * rows, rows };
}
