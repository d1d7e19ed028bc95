/**
 * A heavy blur within a box, on plain pixels. Pure. Pixels are replaced, not drawn over: nothing of the sharp ones is left,
 * at the picture's border and where it is transparent neither. Alpha stays as it is and says how much a colour counts.
 */
import type { Rect } from '../../app/tiles';
import type { Box, Hidden } from '../../app/toolAnswer';
import { areaOf } from './mosaic';

/** Rows lie tight. Four channels are colour and alpha, not premultiplied. */
export interface Pixels {
  width: number;
  height: number;
  channels: 3 | 4;
  data: Uint8Array | Uint8ClampedArray;
}

/** Averages over boxes come close to a Gaussian after three. */
const passes = 3;
/** A blur of so many cells shows nothing of them: wider ones work on larger cells instead of on pixels. */
const cellsOfBlur = 12;

/** The Gaussian's deviation, of a box's longer side. From a fifth on no feature is left to the eye. */
const deviations: Record<Hidden['strength'], number> = { light: 0.15, medium: 0.2, strong: 0.3 };

function extentOf({ width, height }: Box, strength: Hidden['strength']): { cell: number; radius: number } {
  const deviation = deviations[strength] * Math.max(width, height);
  const cell = Math.max(1, Math.floor(deviation / cellsOfBlur));
  // Three boxes of 2r + 1 cells have a variance of r (r + 1).
  return { cell, radius: Math.ceil((Math.sqrt(1 + 4 * (deviation / cell) ** 2) - 1) / 2) };
}

/**
 * The part of a picture that a blur depends on. Cut out at these very pixels, it is blurred as in the whole picture.
 * @returns null where the box lies outside.
 * @throws RangeError where that is no box.
 */
export function neededFor(
  box: Box,
  strength: Hidden['strength'],
  picture: { width: number; height: number },
): Rect | null {
  if (!areaOf(box, picture)) return null;
  const { cell, radius } = extentOf(box, strength);
  const range = (start: number, length: number, size: number): [from: number, length: number] => {
    const reach = passes * radius + 1;
    const from = Math.max(0, (Math.floor(start / cell) - reach) * cell);
    const to = Math.min(size, (Math.ceil((start + length) / cell) + reach) * cell);
    return [from, to - from];
  };
  const [x, width] = range(box.x, box.width, picture.width);
  const [y, height] = range(box.y, box.height, picture.height);
  return { x, y, width, height };
}

/**
 * Blurs the pixels that the box touches, in place.
 * @param box in the pixels of this piece, which holds all that `neededFor` names.
 * @throws RangeError where that is no box.
 */
export function blurBox(pixels: Pixels, box: Box, strength: Hidden['strength']): void {
  const area = neededFor(box, strength, pixels);
  const covered = areaOf(box, pixels);
  if (!area || !covered) return;
  const { cell, radius } = extentOf(box, strength);
  const cells = shrink(pixels, area, cell);
  for (let pass = 0; pass < passes; pass++) {
    average(cells, radius, 'across');
    average(cells, radius, 'down');
  }
  replace(pixels, covered, area, cells, cell);
}

/** Four sums a cell: red, green and blue, each times its alpha, and alpha. */
interface Cells {
  width: number;
  height: number;
  sums: Float64Array;
}

/** An area's means over squares of `cell` pixels; the last ones may be cut by the picture's border. */
function shrink({ width, channels, data }: Pixels, area: Rect, cell: number): Cells {
  const cells = { width: Math.ceil(area.width / cell), height: Math.ceil(area.height / cell) };
  const sums = new Float64Array(cells.width * cells.height * 4);
  for (let y = 0; y < area.height; y++) {
    const row = Math.floor(y / cell);
    const high = Math.min(cell, area.height - row * cell);
    for (let column = 0; column < cells.width; column++) {
      const wide = Math.min(cell, area.width - column * cell);
      const from = ((area.y + y) * width + area.x + column * cell) * channels;
      let [red, green, blue, alpha] = [0, 0, 0, 0];
      for (let at = from; at < from + wide * channels; at += channels) {
        const weight = channels === 4 ? (data[at + 3] as number) : 255;
        red += weight * (data[at] as number);
        green += weight * (data[at + 1] as number);
        blue += weight * (data[at + 2] as number);
        alpha += weight;
      }
      const to = (row * cells.width + column) * 4;
      const part = 1 / (high * wide);
      sums[to] = (sums[to] as number) + red * part;
      sums[to + 1] = (sums[to + 1] as number) + green * part;
      sums[to + 2] = (sums[to + 2] as number) + blue * part;
      sums[to + 3] = (sums[to + 3] as number) + alpha * part;
    }
  }
  return { ...cells, sums };
}

/** Each cell becomes the mean of those up to `radius` away along a line; a line's ends go on for ever. */
function average({ width, height, sums }: Cells, radius: number, along: 'across' | 'down'): void {
  const [lines, length, lineStep, step] = along === 'across' ? [height, width, width, 1] : [width, height, 1, width];
  const line = new Float64Array(length);
  for (let i = 0; i < lines * 4; i++) {
    const start = (i >> 2) * lineStep * 4 + (i & 3);
    for (let at = 0; at < length; at++) line[at] = sums[start + at * step * 4] as number;
    // Summed anew each time: a running sum would leave rounding errors where everything is transparent.
    for (let at = 0; at < length; at++) {
      let sum = 0;
      for (let from = at - radius; from <= at + radius; from++)
        sum += line[Math.min(length - 1, Math.max(0, from))] as number;
      sums[start + at * step * 4] = sum / (2 * radius + 1);
    }
  }
}

/** Lays the blurred colours over the covered pixels, between the cells' middles in proportion. */
function replace(pixels: Pixels, covered: Rect, area: Rect, cells: Cells, cell: number): void {
  const { width, channels, data } = pixels;
  const { x: left, y: top } = covered;
  const [right, bottom] = [left + covered.width, top + covered.height];
  /** Of each cell across, its four means at the height of the pixels that are laid. */
  const row = new Float64Array(cells.width * 4);
  const colour = new Float64Array(4);
  for (let y = top; y < bottom; y++) {
    const down = place(y - area.y, cell, cells.height);
    mix(cells.sums, Math.floor(down) * row.length, row.length, down % 1, row);
    for (let x = left; x < right; x++) {
      const across = place(x - area.x, cell, cells.width);
      mix(row, Math.floor(across) * 4, 4, across % 1, colour);
      const alpha = colour[3] as number;
      const to = (y * width + x) * channels;
      // Where all around is transparent there is no colour, nor may a hidden one stay.
      for (let i = 0; i < 3; i++) data[to + i] = alpha > 0 ? Math.round((colour[i] as number) / alpha) : 0;
    }
  }
}

/** Where a pixel lies, counted in cells from the first one's middle. */
const place = (pixel: number, cell: number, length: number): number =>
  Math.min(length - 1, Math.max(0, (pixel + 0.5) / cell - 0.5));

/** `share` of the way from the `length` values at `at` to as many that follow them; the last ones have none that follow. */
function mix(values: Float64Array, at: number, length: number, share: number, into: Float64Array): void {
  const next = share > 0 ? at + length : at;
  for (let i = 0; i < length; i++)
    into[i] = (1 - share) * (values[at + i] as number) + share * (values[next + i] as number);
}
