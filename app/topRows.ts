/** Counts the whole rows from the top of a picture that comes in parts. Pure. */
import type { Rect } from './tiles';

/** The most parts that may lie below a gap. Tiles come row by row, so few do; beyond this the count stops. */
const maxHanging = 2000;

/** Counts the whole rows from the top as parts come, in any order; they may overlap. */
export class TopRows {
  /** Of each column, how many pixels from the top are there. */
  private readonly depths: Uint32Array;
  private hanging: Rect[] = [];

  /** @param width pixels of a row. */
  constructor(width: number) {
    this.depths = new Uint32Array(width);
  }

  /** @param rects inside the picture. @returns the whole rows from the top, of these and all before. */
  add(rects: readonly Rect[]): number {
    let waiting = [...this.hanging, ...rects];
    for (
      let before = Number.POSITIVE_INFINITY;
      waiting.length < before && waiting.length <= maxHanging + rects.length;
    ) {
      before = waiting.length;
      waiting = waiting.filter((rect) => !this.fill(rect));
    }
    this.hanging = waiting.slice(0, maxHanging);
    return this.depths.reduce((least, depth) => Math.min(least, depth), Number.POSITIVE_INFINITY);
  }

  /** @returns whether none of it lies below a gap. */
  private fill({ x, y, width, height }: Rect): boolean {
    let hangs = false;
    for (let column = x; column < x + width; column++) {
      const depth = this.depths[column] ?? 0;
      if (depth < y) hangs = true;
      else if (depth < y + height) this.depths[column] = y + height;
    }
    return !hangs;
  }
}
