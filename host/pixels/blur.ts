/**
 * A heavy blur within an ellipse, on plain pixels. Pure. Pixels are replaced, not drawn over: nothing of the sharp ones is left,
 * at the picture's border and where it is transparent neither. Alpha stays as it is and says how much a colour counts.
 */
import type { Rect } from '../../app/tiles';

/** Rows lie tight. Four channels are colour and alpha, not premultiplied. */
export interface Pixels {
  width: number;
  height: number;
  channels: 3 | 4;
  data: Uint8Array | Uint8ClampedArray;
}

/** In pixels; `x`, `y` is its middle. */
export interface Ellipse {
  x: number;
  y: number;
  radiusX: number;
  radiusY: number;
}

/** Averages over boxes come close to a Gaussian after three. */
const passes = 3;
/** A blur of so many cells shows nothing of them: wider ones work on larger cells instead of on pixels. */
const cellsOfBlur = 12;

/** The blur's strength: a fifth of the face leaves no feature to tell it by. */
function strengthOf({ x, y, radiusX, radiusY }: Ellipse): { cell: number; radius: number } {
  if (!(radiusX > 0 && radiusY > 0 && Number.isFinite(x + y + radiusX + radiusY)))
    throw new RangeError(`Expected an ellipse but received ${radiusX} × ${radiusY} at ${x}, ${y}`);
  const deviation = (2 * Math.max(radiusX, radiusY)) / 5;
  const cell = Math.max(1, Math.floor(deviation / cellsOfBlur));
  // Three boxes of 2r + 1 cells have a variance of r (r + 1).
  return { cell, radius: Math.ceil((Math.sqrt(1 + 4 * (deviation / cell) ** 2) - 1) / 2) };
}

/**
 * The part of a picture that a blur depends on. Cut out at these very pixels, it is blurred as in the whole picture.
 * @returns null where the ellipse lies outside.
 * @throws RangeError where that is no ellipse.
 */
export function neededFor(ellipse: Ellipse, picture: { width: number; height: number }): Rect | null {
  const { cell, radius } = strengthOf(ellipse);
  const range = (middle: number, half: number, size: number): [from: number, length: number] => {
    const reach = passes * radius + 1;
    const from = Math.max(0, (Math.floor((middle - half) / cell) - reach) * cell);
    const to = Math.min(size, (Math.ceil((middle + half) / cell) + reach) * cell);
    return middle + half <= 0 || middle - half >= size ? [0, 0] : [from, to - from];
  };
  const [x, width] = range(ellipse.x, ellipse.radiusX, picture.width);
  const [y, height] = range(ellipse.y, ellipse.radiusY, picture.height);
  return width > 0 && height > 0 ? { x, y, width, height } : null;
}

/**
 * Blurs the pixels whose middle lies within the ellipse, in place.
 * @param ellipse in the pixels of this piece, which holds all that `neededFor` names.
 * @throws RangeError where that is no ellipse.
 */
export function blurEllipse(pixels: Pixels, ellipse: Ellipse): void {
  const area = neededFor(ellipse, pixels);
  if (!area) return;
  const { cell, radius } = strengthOf(ellipse);
  const cells = shrink(pixels, area, cell);
  for (let pass = 0; pass < passes; pass++) {
    average(cells, radius, 'across');
    average(cells, radius, 'down');
  }
  replace(pixels, ellipse, area, cells, cell);
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

/** Lays the blurred colours over the ellipse's pixels, between the cells' middles in proportion. */
function replace(pixels: Pixels, ellipse: Ellipse, area: Rect, cells: Cells, cell: number): void {
  const { x: middleX, y: middleY, radiusX, radiusY } = ellipse;
  const { width, channels, data } = pixels;
  const left = Math.max(area.x, Math.floor(middleX - radiusX));
  const right = Math.min(area.x + area.width, Math.ceil(middleX + radiusX));
  const top = Math.max(area.y, Math.floor(middleY - radiusY));
  const bottom = Math.min(area.y + area.height, Math.ceil(middleY + radiusY));
  /** Of each cell across, its four means at the height of the pixels that are laid. */
  const row = new Float64Array(cells.width * 4);
  const colour = new Float64Array(4);
  for (let y = top; y < bottom; y++) {
    const down = place(y - area.y, cell, cells.height);
    mix(cells.sums, Math.floor(down) * row.length, row.length, down % 1, row);
    for (let x = left; x < right; x++) {
      if (((x + 0.5 - middleX) / radiusX) ** 2 + ((y + 0.5 - middleY) / radiusY) ** 2 > 1) continue;
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
