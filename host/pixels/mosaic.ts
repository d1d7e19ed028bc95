/**
 * Few cells of few colours in place of a box, so that nothing of it can be brought back: what is left is a number from 0 to 7 for each
 * channel of each cell. Pure.
 */
import type { Rect } from '../../app/tiles';
import type { Box, Hidden } from '../../app/toolAnswer';

interface Size {
  width: number;
  height: number;
}

export interface Grid {
  /** The box's pixels that lie in the picture, those that it touches included. */
  area: Rect;
  columns: number;
  rows: number;
}

/** Cells along the longer side of a box. It is larger than the face, which is left with four, nine or sixteen of them. */
const cellsAlong: Record<Hidden['strength'], number> = { light: 6, medium: 4, strong: 3 };
/** A smaller cell would show a pixel. */
const smallestCell = 4;
const levels = 8;

/** The part of a box that lies in the picture, in whole pixels. @returns null where none does. @throws RangeError where that is no box. */
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

/** How a box is cut into cells: none is smaller than a cell of the whole box, however little of it lies in the picture. */
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
  /** Of each cell: red, green, blue by their alpha, and alpha. */
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
        // Where all is transparent there is no colour, nor may a hidden one stay.
        for (let c = 0; c < 3; c++) rgb[to++] = alpha > 0 ? coarse((sums[cell + c] as number) / alpha) : 0;
      }
    return rgb;
  }

  private cellRow(y: number): number {
    return Math.floor((y * this.grid.rows) / this.grid.area.height) * this.grid.columns * 4;
  }
}

/** The middle of one of few levels. */
const coarse = (value: number): number => {
  const step = 256 / levels;
  return Math.min(levels - 1, Math.floor(value / step)) * step + step / 2;
};
