/** Cuts lines and pieces out of the picture for the networks: a line laid level for the one that reads, a piece for the one that finds. */
import { groundFor } from '../../app/ground';
import type { Picture, Rect } from '../../app/tiles';
import type { Rectangle, ToolInput } from '../tool';
import { cutLine } from './cuts';

/** Height of the reading network's input (models/read-text-lines). */
const height = 48;
const width = 640;
/** How far a line may be squeezed before it is cut: photographed and printed lines were read to the letter at this. */
const squeeze = 1.35;
/** The grey that a network sees as 0, since it normalises pixels to −1…1. */
const nothing = 127;
/** Most pixels along a line: no text that can be read needs more. */
const longest = 80_000;

/** @returns pictures of the network's size: one, or several for a long line, in reading order. */
export async function cutUp(
  { picture, cut }: Pick<ToolInput, 'picture' | 'cut'>,
  rectangle: Rectangle,
): Promise<Picture[]> {
  const length = Math.min(longest, Math.max(1, Math.round((rectangle.length * height) / rectangle.breadth)));
  const rgba = await cut(rectangle, length, height);
  // Outside an opaque picture lies the network's 0. A transparent one gets the ground on which its ink shows best.
  const line = flat(rgba, { width: length, height }, picture.transparent ? groundFor(rgba) : nothing);
  const most = width * squeeze;
  const ends = length > most ? cutLine(inkOf(line), most, height / 4) : [length];
  return ends.map((end, i) => squeezed(line, ends[i - 1] ?? 0, end));
}

/** Range of brightness, of 255, below which a piece is empty paper or sky. */
const blank = 16;

/**
 * A piece of the picture as the network that finds lines takes it.
 * @param piece in pixels of the closer look, of which each is `toX` × `toY` pixels of the picture. @returns null for an empty piece.
 */
export async function cutPiece(
  { look }: Pick<ToolInput, 'look'>,
  piece: Rect,
  toX: number,
  toY: number,
): Promise<Picture | null> {
  const region = { x: piece.x * toX, y: piece.y * toY, width: piece.width * toX, height: piece.height * toY };
  const seen = await look(region, piece);
  return isBlank(seen, piece) ? null : seen;
}

/** @param piece how much of the picture is the piece, from its top left. */
function isBlank({ width, rgb }: Picture, piece: Pick<Rect, 'width' | 'height'>): boolean {
  let least = rgb[0] ?? 0;
  let most = least;
  for (let row = 0; row < piece.height; row++) {
    const from = row * width * 3;
    // An index takes half the time of `for … of` on three million values. On an even ground neither comparison holds.
    for (let i = from; i < from + piece.width * 3; i++) {
      const value = rgb[i] as number;
      if (value < least) least = value;
      else if (value > most) most = value;
      else continue;
      if (most - least >= blank) return false;
    }
  }
  return true;
}

/** RGB of RGBA on a ground. */
function flat(rgba: Uint8Array, { width, height }: { width: number; height: number }, ground: number): Picture {
  const rgb = new Uint8Array(width * height * 3);
  for (let from = 0, to = 0; to < rgb.length; from += 4, to += 3) {
    const alpha = rgba[from + 3] as number;
    // Most pixels are opaque, and are copied.
    if (alpha === 255) {
      rgb[to] = rgba[from] as number;
      rgb[to + 1] = rgba[from + 1] as number;
      rgb[to + 2] = rgba[from + 2] as number;
      continue;
    }
    const share = alpha / 255;
    for (let c = 0; c < 3; c++) rgb[to + c] = Math.round((rgba[from + c] as number) * share + ground * (1 - share));
  }
  return { width, height, rgb };
}

/** A stretch of a line as the network's input: as wide as it is, or squeezed to fit by means of the columns that fall together. */
function squeezed({ width: length, rgb: line }: Picture, from: number, end: number): Picture {
  const rgb = new Uint8Array(width * height * 3).fill(nothing);
  if (end - from <= width) {
    for (let y = 0; y < height; y++)
      rgb.set(line.subarray((y * length + from) * 3, (y * length + end) * 3), y * width * 3);
    return { width, height, rgb };
  }
  const step = (end - from) / width;
  for (let x = 0; x < width; x++) {
    const [start, stop] = [from + x * step, from + (x + 1) * step];
    const first = Math.floor(start);
    const shares: number[] = [];
    for (let column = first; column < stop; column++) shares.push(Math.min(column + 1, stop) - Math.max(column, start));
    // By rounding, a last share of almost 0 may lie beyond the line.
    const last = length - 1 - first;
    for (let y = 0; y < height; y++) {
      const row = (y * length + first) * 3;
      // No array is made for a pixel: that took longer than its sums.
      let red = 0;
      let green = 0;
      let blue = 0;
      for (let i = 0; i < shares.length; i++) {
        const share = shares[i] as number;
        const at = row + (i < last ? i : last) * 3;
        red += share * (line[at] as number);
        green += share * (line[at + 1] as number);
        blue += share * (line[at + 2] as number);
      }
      const to = (y * width + x) * 3;
      rgb[to] = Math.round(red / (stop - start));
      rgb[to + 1] = Math.round(green / (stop - start));
      rgb[to + 2] = Math.round(blue / (stop - start));
    }
  }
  return { width, height, rgb };
}

/** How much the brightness changes down each column: not at all between words, on any paper. */
function inkOf({ width: length, rgb }: Picture): Float32Array {
  const ink = new Float32Array(length);
  const row = length * 3;
  for (let y = 1; y < height; y++)
    for (let x = 0, i = y * row; x < length; x++, i += 3) {
      const above = i - row;
      const brightness = (rgb[i] as number) + (rgb[i + 1] as number) + (rgb[i + 2] as number);
      const before = (rgb[above] as number) + (rgb[above + 1] as number) + (rgb[above + 2] as number);
      ink[x] = (ink[x] as number) + Math.abs(brightness - before);
    }
  return ink;
}
