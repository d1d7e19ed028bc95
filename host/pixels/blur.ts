/**
 * Blurs a box heavily, on plain pixels. Pure. It replaces pixels instead of drawing over them, so that nothing of the sharp ones is
 * left, at the picture's border and under transparency too. Alpha weighs the colours and stays as it is.
 */
import type { Rect } from '../../app/tiles';
import type { Box, Hidden } from '../../app/toolAnswer';
import { areaOf } from './mosaic';

/** Rows have no padding. Four channels are colour and alpha, not premultiplied. */
export interface Pixels {
  width: number;
  height: number;
  channels: 3 | 4;
  data: Uint8Array | Uint8ClampedArray;
}

/** Three passes of box averages come close to a Gaussian. */
const passes = 3;
/** A blur over this many cells hides them, so a wider blur works on larger cells instead of pixels. */
const cellsOfBlur = 12;

/** The Gaussian's deviation as a share of the box's longer side. From a fifth on the eye finds no feature. */
const deviations: Record<Hidden['strength'], number> = { light: 0.15, medium: 0.2, strong: 0.3 };

function extentOf({ width, height }: Box, strength: Hidden['strength']): { cell: number; radius: number } {
  const deviation = deviations[strength] * Math.max(width, height);
  const cell = Math.max(1, Math.floor(deviation / cellsOfBlur));
  // Three boxes of 2r + 1 cells have a variance of r (r + 1).
  return { cell, radius: Math.ceil((Math.sqrt(1 + 4 * (deviation / cell) ** 2) - 1) / 2) };
}

/**
 * Finds the part of a picture that a blur depends on. Cut out at exactly these pixels, it blurs as in the whole picture.
 * @returns null if the box lies outside.
 * @throws RangeError if it is no box.
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
 * @throws RangeError if it is no box.
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

/** Averages an area over squares of `cell` pixels. The picture's border may cut the last ones. */
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

/** Replaces each cell by the mean of those up to `radius` away along a line. The end cells repeat beyond the line. */
function average({ width, height, sums }: Cells, radius: number, along: 'across' | 'down'): void {
  const [lines, length, lineStep, step] = along === 'across' ? [height, width, width, 1] : [width, height, 1, width];
  const line = new Float64Array(length);
  for (let i = 0; i < lines * 4; i++) {
    const start = (i >> 2) * lineStep * 4 + (i & 3);
    for (let at = 0; at < length; at++) line[at] = sums[start + at * step * 4] as number;
    // Sums anew each time: a running sum would leave rounding errors where everything is transparent.
    for (let at = 0; at < length; at++) {
      let sum = 0;
      for (let from = at - radius; from <= at + radius; from++)
        sum += line[Math.min(length - 1, Math.max(0, from))] as number;
      sums[start + at * step * 4] = sum / (2 * radius + 1);
    }
  }
}

/** Replaces the covered pixels by blurred colours, interpolated between the cells' centres. */
function replace(pixels: Pixels, covered: Rect, area: Rect, cells: Cells, cell: number): void {
  const { width, channels, data } = pixels;
  const { x: left, y: top } = covered;
  const [right, bottom] = [left + covered.width, top + covered.height];
  /** The four means of each cell across, at the height of the current row. */
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
      // If all around is transparent there is no colour, and a hidden one must not stay.
      for (let i = 0; i < 3; i++) data[to + i] = alpha > 0 ? Math.round((colour[i] as number) / alpha) : 0;
    }
  }
}

/** A pixel's position in cells, from the first cell's centre. */
const place = (pixel: number, cell: number, length: number): number =>
  Math.min(length - 1, Math.max(0, (pixel + 0.5) / cell - 0.5));

/** Interpolates by `share` from the `length` values at `at` to the next `length`; the last ones have no next. */
function mix(values: Float64Array, at: number, length: number, share: number, into: Float64Array): void {
  const next = share > 0 ? at + length : at;
  for (let i = 0; i < length; i++)
    into[i] = (1 - share) * (values[at + i] as number) + share * (values[next + i] as number);
}
