/**
 * Replaces a box by few cells of few colours, so that nobody can bring it back: only a number from 0 to 7 is left for each channel of
 * each cell. Pure.
 */
import type { Rect } from '../../app/tiles';
import type { Box, Hidden } from '../../app/toolAnswer';

interface Size {
  width: number;
  height: number;
}

export interface Grid {
  /** The box's pixels in the picture, including those that it only touches. */
  area: Rect;
  columns: number;
  rows: number;
}

/** Cells along a box's longer side. The box is larger than the face, which keeps four, nine or sixteen of them. */
const cellsAlong: Record<Hidden['strength'], number> = { light: 6, medium: 4, strong: 3 };
/** A smaller cell would show a pixel. */
const smallestCell = 4;
const levels = 8;

/** The part of a box that lies in the picture, in whole pixels. @returns null if none does. @throws RangeError if it is no box. */
export function areaOf({ x, y, width, height }: Box, picture: Size): Rect | null {
  if (!(width > 0 && height > 0 && Number.isFinite(x + y + width + height)))
    throw new RangeError(`Expected a box but received ${width} × ${height} at ${x}, ${y}`);
  const [left, top] = [Math.max(0, Math.floor(x)), Math.max(0, Math.floor(y))];
  const [right, bottom] = [
    Math.min(picture.width, Math.ceil(x + width)),
    Math.min(picture.height, Math.ceil(y + height)),
  ];
  return right > left && bottom > top ? { x: left, y: top, width: right - left, height: bottom - top } : null;
}

/** Cuts a box into cells. No cell is smaller than one of the whole box, however little of the box lies in the picture. */
export function gridFor(box: Box, picture: Size, strength: Hidden['strength']): Grid | null {
  const area = areaOf(box, picture);
  if (!area) return null;
  const most = cellsAlong[strength];
  const cell = Math.max(smallestCell, Math.max(box.width, box.height) / most);
  const along = (length: number): number => Math.min(most, Math.max(1, Math.floor(length / cell)));
  return { area, columns: along(area.width), rows: along(area.height) };
}

/** The colours of a grid's cells: all rows of its area are added, in any order, then painted. */
export class Mosaic {
  /** For each cell: red, green and blue, each times alpha, and alpha. */
  private readonly sums: Float64Array;
  private readonly columnOf: Int32Array;

  constructor(private readonly grid: Grid) {
    this.sums = new Float64Array(grid.columns * grid.rows * 4);
    const { width } = grid.area;
    this.columnOf = Int32Array.from({ length: width }, (_, x) => Math.floor((x * grid.columns) / width));
  }

  /** @param y of the first row, from the area's top. @param rgba whole rows of the area, not premultiplied. */
  add(y: number, rgba: Uint8Array): void {
    const { sums, columnOf } = this;
    const { width } = this.grid.area;
    for (let from = 0; from < rgba.length; from += 4) {
      const pixel = from / 4;
      const to = this.cellRow(y + Math.floor(pixel / width)) + (columnOf[pixel % width] as number) * 4;
      const alpha = rgba[from + 3] as number;
      for (let c = 0; c < 3; c++) sums[to + c] = (sums[to + c] as number) + alpha * (rgba[from + c] as number);
      sums[to + 3] = (sums[to + 3] as number) + alpha;
    }
  }

  /** @returns rows of the area, RGB. */
  paint(y: number, rows: number): Uint8Array {
    const { sums, columnOf } = this;
    const { width } = this.grid.area;
    const rgb = new Uint8Array(width * rows * 3);
    let to = 0;
    for (let row = y; row < y + rows; row++)
      for (let x = 0; x < width; x++) {
        const cell = this.cellRow(row) + (columnOf[x] as number) * 4;
        const alpha = sums[cell + 3] as number;
        // If all is transparent there is no colour, and a hidden one must not stay.
        for (let c = 0; c < 3; c++) rgb[to++] = alpha > 0 ? coarse((sums[cell + c] as number) / alpha) : 0;
      }
    return rgb;
  }

  private cellRow(y: number): number {
    return Math.floor((y * this.grid.rows) / this.grid.area.height) * this.grid.columns * 4;
  }
}

/** Rounds to the middle of one of few levels. */
const coarse = (value: number): number => {
  const step = 256 / levels;
  return Math.min(levels - 1, Math.floor(value / step)) * step + step / 2;
};
