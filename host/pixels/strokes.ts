/** Draws a person's brush strokes, which keep parts of a picture or take them away. Pure. */
import { softness, strokeArea } from '../../app/cut';
import type { Rect } from '../../app/tiles';
import type { Stroke } from '../../app/toolAnswer';

interface Size {
  width: number;
  height: number;
}

/**
 * Draws strokes over a matte, in place, the oldest first.
 * @param matte how much of each pixel is subject, 0 nothing to 255 all; rows tight. @param region its place in the picture, in the
 * picture's pixels. @param size the matte's.
 */
export function drawStrokes(matte: Uint8Array, strokes: readonly Stroke[], region: Rect, size: Size): void {
  for (const stroke of strokes) {
    const { left, top, right, bottom } = strokeArea(stroke);
    if (right < region.x || bottom < region.y || left > region.x + region.width || top > region.y + region.height)
      continue;
    const touched = covered(stroke, region, size);
    if (!touched) continue;
    const { x, y, coverage } = touched;
    for (let row = 0, from = 0; row < touched.height; row++)
      for (let to = (y + row) * size.width + x, end = to + touched.width; to < end; to++, from++) {
        const by = coverage[from] as number;
        if (by === 0) continue;
        const value = matte[to] as number;
        matte[to] = stroke.keep ? Math.max(value, by) : Math.min(value, 255 - by);
      }
  }
}

/** How much of each pixel a stroke covers, 0 to 255, within the part of the matte that it touches; null if it touches none. */
function covered(
  { points, radius }: Stroke,
  region: Rect,
  size: Size,
): { x: number; y: number; width: number; height: number; coverage: Uint8Array } | null {
  const [toX, toY] = [size.width / region.width, size.height / region.height];
  const r = (radius * (toX + toY)) / 2;
  const edge = Math.max(0.5, r * softness);
  const [inner, outer] = [r - edge, r + edge];
  const at = (i: number) => ({
    x: ((points[i] as number) - region.x) * toX - 0.5,
    y: ((points[i + 1] as number) - region.y) * toY - 0.5,
  });
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (let i = 0; i < points.length; i += 2) {
    const { x, y } = at(i);
    [left, top] = [Math.min(left, x), Math.min(top, y)];
    [right, bottom] = [Math.max(right, x), Math.max(bottom, y)];
  }
  const x = Math.max(0, Math.ceil(left - outer));
  const y = Math.max(0, Math.ceil(top - outer));
  const width = Math.min(size.width - 1, Math.floor(right + outer)) - x + 1;
  const height = Math.min(size.height - 1, Math.floor(bottom + outer)) - y + 1;
  if (width <= 0 || height <= 0) return null;
  const coverage = new Uint8Array(width * height);
  for (let i = 0; i === 0 || i + 3 < points.length; i += 2) {
    const from = at(i);
    const to = i + 3 < points.length ? at(i + 2) : from;
    const first = Math.max(y, Math.ceil(Math.min(from.y, to.y) - outer));
    const last = Math.min(y + height - 1, Math.floor(Math.max(from.y, to.y) + outer));
    for (let row = first; row <= last; row++) {
      const all = spanOf(from, to, outer, row);
      if (!all) continue;
      const begin = Math.max(x, Math.ceil(all[0]));
      const end = Math.min(x + width - 1, Math.floor(all[1]));
      const full = inner > 0 ? spanOf(from, to, inner, row) : null;
      const fullBegin = full ? Math.max(begin, Math.ceil(full[0])) : end + 1;
      const fullEnd = full ? Math.min(end, Math.floor(full[1])) : end;
      const base = (row - y) * width - x;
      const soft = (column: number): void => {
        const was = coverage[base + column] as number;
        if (was === 255) return;
        const by = Math.round((255 * (outer - distance(from, to, column, row))) / (2 * edge));
        if (by > was) coverage[base + column] = Math.min(255, by);
      };
      for (let column = begin; column < Math.min(fullBegin, end + 1); column++) soft(column);
      if (fullEnd >= fullBegin) coverage.fill(255, base + fullBegin, base + fullEnd + 1);
      for (let column = Math.max(fullBegin, fullEnd + 1); column <= end; column++) soft(column);
    }
  }
  return { x, y, width, height, coverage };
}

interface Point {
  x: number;
  y: number;
}

/** Where a row crosses what lies within `r` of a line. @returns null where it does not. */
function spanOf(from: Point, to: Point, r: number, row: number): [left: number, right: number] | null {
  let [left, right] = [Infinity, -Infinity];
  const take = (low: number, high: number): void => {
    left = Math.min(left, low);
    right = Math.max(right, high);
  };
  for (const { x, y } of [from, to]) {
    const half = r * r - (row - y) ** 2;
    if (half >= 0) take(x - Math.sqrt(half), x + Math.sqrt(half));
  }
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const length = Math.hypot(dx, dy);
  if (length > 0) {
    // The two edges between the round ends.
    const [nx, ny] = [(-dy / length) * r, (dx / length) * r];
    for (const sign of [-1, 1]) {
      const [y0, y1] = [from.y + sign * ny, to.y + sign * ny];
      if (y0 === y1 || row < Math.min(y0, y1) || row > Math.max(y0, y1)) continue;
      const x = from.x + sign * nx + ((row - y0) / (y1 - y0)) * dx;
      take(x, x);
    }
  }
  return right >= left ? [left, right] : null;
}

function distance(from: Point, to: Point, x: number, y: number): number {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const square = dx * dx + dy * dy;
  const along = square > 0 ? Math.min(1, Math.max(0, ((x - from.x) * dx + (y - from.y) * dy) / square)) : 0;
  const [awayX, awayY] = [x - from.x - along * dx, y - from.y - along * dy];
  return Math.sqrt(awayX * awayX + awayY * awayY);
}
