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

/** Cells along a box's longer side. The box is larger than the face, which gets sixteen, nine or four of them. */
const cellsAlong: Record<Hidden['strength'], number> = { light: 6, medium: 4, strong: 3 };
/** A smaller cell would show a pixel. */
const smallestCell = 4;
const levels = 8;

/** The part of a box that lies in the picture, in whole pixels; null if none does. @throws RangeError if it is no box. */
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
  /** For each cell: red, green and blue, each times alpha, and alpha. Whole numbers, so that no order of adding matters. */
  private readonly sums: Float64Array;
  /** Where each column of cells begins, and where the last one ends, in pixels from the area's left. */
  private readonly edges: number[];

  constructor(private readonly grid: Grid) {
    const { columns, rows, area } = grid;
    this.sums = new Float64Array(columns * rows * 4);
    this.edges = Array.from({ length: columns + 1 }, (_, column) => Math.ceil((column * area.width) / columns));
  }

  /** @param y of the first row, from the area's top. @param rgba whole rows of the area, not premultiplied. */
  add(y: number, rgba: Uint8Array): void {
    const { sums, edges } = this;
    for (let row = y, from = 0; from < rgba.length; row++)
      for (let column = 0, to = this.cellRow(row); column < this.grid.columns; column++, to += 4) {
        const length = ((edges[column + 1] as number) - (edges[column] as number)) * 4;
        let [red, green, blue, opaque] = [0, 0, 0, 0];
        for (const end = from + length; from < end; from += 4) {
          const alpha = rgba[from + 3] as number;
          red += alpha * (rgba[from] as number);
          green += alpha * (rgba[from + 1] as number);
          blue += alpha * (rgba[from + 2] as number);
          opaque += alpha;
        }
        sums[to] = (sums[to] as number) + red;
        sums[to + 1] = (sums[to + 1] as number) + green;
        sums[to + 2] = (sums[to + 2] as number) + blue;
        sums[to + 3] = (sums[to + 3] as number) + opaque;
      }
  }

  /** @returns rows of the area, RGB. */
  paint(y: number, rows: number): Uint8Array {
    const stride = this.grid.area.width * 3;
    const rgb = new Uint8Array(stride * rows);
    for (let row = 0; row < rows; row++) {
      const cells = this.cellRow(y + row);
      // Most rows are as the one above.
      if (row > 0 && cells === this.cellRow(y + row - 1))
        rgb.copyWithin(row * stride, (row - 1) * stride, row * stride);
      else this.paintRow(cells, rgb.subarray(row * stride, (row + 1) * stride));
    }
    return rgb;
  }

  private paintRow(cells: number, rgb: Uint8Array): void {
    const { sums, edges } = this;
    for (let column = 0, to = 0, cell = cells; column < this.grid.columns; column++, cell += 4) {
      const alpha = sums[cell + 3] as number;
      // If all is transparent there is no colour, and a hidden one must not stay.
      const colour = [0, 1, 2].map((c) => (alpha > 0 ? coarse((sums[cell + c] as number) / alpha) : 0));
      for (const end = (edges[column + 1] as number) * 3; to < end; to += 3) rgb.set(colour, to);
    }
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
