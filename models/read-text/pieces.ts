/**
 * Cuts a picture whose small print one look would miss into overlapping pieces. The network's marks of all pieces are stitched into one
 * map before lines are made of it, so that a line is whole whatever border it crosses. Pure.
 */
import type { Rect } from '../../app/tiles';
import type { TextMap } from './find';

interface Size {
  width: number;
  height: number;
}

export interface Pieces extends Size {
  /** The pieces, in pixels of the picture as they show it; `width` and `height` are its size then. */
  pieces: Rect[];
}

/** About as much as the network sees around a pixel before it marks it: so near to its border a piece cannot be trusted. */
const overlap = 192;
/** Limit on pieces: each takes a second on a processor of two cores. */
const mostPieces = 32;
/** How much closer than one look at the whole picture a closer look must be to be worth its time. */
const closer = 1.25;
/** How far the picture is enlarged at most: enlarged small print is found more surely, but further than this finds nothing new. */
const largest = 1.5;

/**
 * @param input size of the network's input. @param shown size at which the network saw the whole picture.
 * @returns how to look more closely; null where the first look was close enough.
 */
export function planPieces(picture: Size, input: Size, shown: Size): Pieces | null {
  const seen = Math.max(shown.width / picture.width, shown.height / picture.height);
  if (seen >= 1) return null;
  const narrow = Math.max(input.width / picture.width, input.height / picture.height);
  for (let scale = Math.min(Math.max(1, narrow), largest); scale >= seen * closer; scale *= 0.96) {
    const width = Math.max(1, Math.round(picture.width * scale));
    const height = Math.max(1, Math.round(picture.height * scale));
    const [columns, rows] = [starts(width, input.width), starts(height, input.height)];
    if (columns.length * rows.length > mostPieces) continue;
    const size = { width: Math.min(width, input.width), height: Math.min(height, input.height) };
    return { width, height, pieces: rows.flatMap((y) => columns.map((x) => ({ x, y, ...size }))) };
  }
  return null;
}

/** Where pieces of a length begin that cover a longer side evenly. */
function starts(whole: number, piece: number): number[] {
  if (whole <= piece) return [0];
  const count = Math.ceil((whole - overlap) / (piece - overlap));
  return Array.from({ length: count }, (_, i) => Math.round((i * (whole - piece)) / (count - 1)));
}

/** The marks of all pieces in one map. Where two overlap, a pixel comes from the one in which it lies further from the border. */
export function stitch({ width, height, pieces }: Pieces, maps: readonly TextMap[]): TextMap {
  const values = new Uint8Array(width * height);
  const seams = (axis: 'x' | 'y', size: 'width' | 'height', whole: number) => {
    const at = [...new Set(pieces.map((piece) => piece[axis]))].sort((a, b) => a - b);
    const length = pieces[0]?.[size] ?? 0;
    return new Map(
      at.map((start, i) => {
        const [before, after] = [at[i - 1], at[i + 1]];
        const from = before === undefined ? 0 : Math.round((start + before + length) / 2);
        return [start, [from, after === undefined ? whole : Math.round((after + start + length) / 2)] as const];
      }),
    );
  };
  const [columns, rows] = [seams('x', 'width', width), seams('y', 'height', height)];
  pieces.forEach(({ x, y }, i) => {
    const map = maps[i];
    const [left, right] = columns.get(x) ?? [0, 0];
    const [top, bottom] = rows.get(y) ?? [0, 0];
    if (!map) return;
    for (let row = top; row < bottom; row++) {
      const from = (row - y) * map.width;
      values.set(map.values.subarray(from + left - x, from + right - x), row * width + left);
    }
  });
  return { values, width, height };
}
