/**
 * The colours of a subject and of what stands behind it, around every place of a picture: in a small copy of it, each averaged over
 * its neighbourhood. At a soft edge a pixel is a mixture of both, and cut out as it is it would carry the old background along. Pure.
 */
import { fieldReach } from '../../app/cut';
import type { Rect } from '../../app/tiles';
import { places } from './matte';

/** Averages over boxes come close to a Gaussian after three. */
const passes = 3;
/** Of the boxes, in pixels of the small copy. A mask is uncertain over some pixels of the network's input, which is about as large. */
const radius = { near: 4, blur: 11 };
// What lies between two pixels of the copy takes from both.
for (const [name, reach] of Object.entries(fieldReach))
  if (reach < passes * radius[name as keyof typeof radius] + 2) throw new Error(`Expected a longer reach of ${name}`);

/** A pixel that is half of it says next to nothing of its colour, beside one that is all of it. */
const sureness = 6;
/** Less than this on average is too little to go by: a pixel is its own colour then, or, where it is none of it at all, black. */
const fewest = 1e-5;

export interface Field {
  width: number;
  height: number;
  /** RGB, 0 to 255; black where nothing of it is near. */
  colours: Float32Array;
}

/**
 * @param rgba a small copy of the picture, not premultiplied; its alpha says how much a pixel counts.
 * @param matte of its size: how much of each pixel is subject.
 */
export function surroundings(
  rgba: Uint8Array,
  matte: Uint8Array,
  { width, height }: { width: number; height: number },
): { subject: Field; behind: Field; blurred: () => Field } {
  const field = (weight: (share: number) => number, by: number): Field => {
    const sums = new Float32Array(width * height * 4);
    const sure = Float64Array.from({ length: 256 }, (_, share) => weight(share / 255) ** sureness);
    for (let i = 0; i < width * height; i++) {
      const counts = (sure[matte[i] as number] as number) * ((rgba[i * 4 + 3] as number) / 255);
      for (let c = 0; c < 3; c++) sums[i * 4 + c] = (rgba[i * 4 + c] as number) * counts;
      sums[i * 4 + 3] = counts;
    }
    for (let pass = 0; pass < passes; pass++) {
      average(sums, width, height, 4, width * 4, by);
      average(sums, height, width, width * 4, 4, by);
    }
    const colours = new Float32Array(width * height * 3);
    for (let i = 0; i < width * height; i++) {
      const counts = sums[i * 4 + 3] as number;
      for (let c = 0; c < 3; c++)
        if (counts > fewest) colours[i * 3 + c] = (sums[i * 4 + c] as number) / counts;
        else if (weight((matte[i] as number) / 255) > 0) colours[i * 3 + c] = rgba[i * 4 + c] as number;
    }
    return { width, height, colours };
  };
  return {
    subject: field((share) => share, radius.near),
    behind: field((share) => 1 - share, radius.near),
    blurred: () => field((share) => 1 - share, radius.blur),
  };
}

/** Averages over a box along lines of four values each, in place; beyond the border there is nothing. */
function average(values: Float32Array, length: number, lines: number, step: number, between: number, by: number): void {
  const line = new Float32Array(length * 4);
  for (let l = 0; l < lines; l++) {
    const start = l * between;
    for (let i = 0; i < length; i++)
      for (let c = 0; c < 4; c++) line[i * 4 + c] = values[start + i * step + c] as number;
    for (let i = 0; i < length; i++) {
      // Four sums side by side take two thirds of the time of one after the other.
      let [red, green, blue, counts] = [0, 0, 0, 0];
      const end = Math.min(length, i + by + 1) * 4;
      for (let from = Math.max(0, i - by) * 4; from < end; from += 4) {
        red += line[from] as number;
        green += line[from + 1] as number;
        blue += line[from + 2] as number;
        counts += line[from + 3] as number;
      }
      const to = start + i * step;
      values[to] = red / (2 * by + 1);
      values[to + 1] = green / (2 * by + 1);
      values[to + 2] = blue / (2 * by + 1);
      values[to + 3] = counts / (2 * by + 1);
    }
  }
}

/** Reads a field where a part of the picture lies, row by row. */
export class FieldReader {
  private readonly columns: ReturnType<typeof places>;
  private readonly rows: ReturnType<typeof places>;
  private readonly line: Float32Array;

  constructor(
    private readonly field: Field,
    region: Rect,
    picture: { width: number; height: number },
  ) {
    this.columns = places(region.x, region.width, region.width, field.width / picture.width, field.width);
    this.rows = places(region.y, region.height, region.height, field.height / picture.height, field.height);
    this.line = new Float32Array(field.width * 3);
  }

  /** To be called before the row's pixels are read. @param row of the region. */
  row(row: number): void {
    const { width, height, colours } = this.field;
    const top = (this.rows.low[row] as number) * width * 3;
    const bottom = Math.min((this.rows.low[row] as number) + 1, height - 1) * width * 3;
    const down = this.rows.share[row] as number;
    for (let i = 0; i < this.line.length; i++)
      this.line[i] = (colours[top + i] as number) * (1 - down) + (colours[bottom + i] as number) * down;
  }

  /** @param column of the region. @returns one channel. */
  at(column: number, channel: number): number {
    const left = this.columns.low[column] as number;
    const right = left + 1 < this.field.width ? left + 1 : left;
    const across = this.columns.share[column] as number;
    return (
      (this.line[left * 3 + channel] as number) * (1 - across) + (this.line[right * 3 + channel] as number) * across
    );
  }
}
