/**
 * Finds rectangles around lines in the network's map of text. Pure. After Liao et al. 2020, "Real-time Scene Text Detection with
 * Differentiable Binarization": the network marks each line shrunk, so that neighbours do not touch. Each connected area of marks gets a
 * rectangle, which is grown again.
 */
import type { Point } from '../tool';
import { across, cornersOf, type Rectangle, smallestRectangle } from './rectangle';

/** How surely each pixel lies within a line, 0 to 255; rows from the top. */
export interface TextMap {
  values: Uint8Array;
  width: number;
  height: number;
}

// Thresholds as RapidOCR sets them for these weights.
const markedFrom = 0.3 * 255;
const sureFrom = 0.5 * 255;
/** The paper's r′: an area A of perimeter L grows by A · r′ / L on each side. */
const growth = 1.6;
/** A narrower rectangle is a speck. */
const leastBreadth = 3;

/** @returns rectangles in the map's pixels, in no order, the longer side along. */
export function findText(map: TextMap): Rectangle[] {
  return markedAreas(map).flatMap((outline) => {
    const shrunk = smallestRectangle(outline);
    if (shrunk.breadth < leastBreadth || meanInside(map, shrunk) < sureFrom) return [];
    return [grown(shrunk)];
  });
}

/** A rectangle, offset outwards on each side. The offset's corners would be round; these are square. */
export function grown(rectangle: Rectangle): Rectangle {
  const { length, breadth } = rectangle;
  const by = (length * breadth * growth) / (2 * (length + breadth));
  return { ...rectangle, length: length + 2 * by, breadth: breadth + 2 * by };
}

/** A stretch of marked pixels in one row, `right` exclusive. Runs that touch are joined by union-find: `of` leads to the first one. */
interface Run {
  row: number;
  left: number;
  right: number;
  /** Index of this run or of an earlier one of the same area. */
  of: number;
}

/** Connected areas of marked pixels, which touch at a side or a corner. Each is the corners of the outermost pixels of its rows. */
function markedAreas(map: TextMap): Point[][] {
  const runs = joinedRuns(map);
  /** The rows of each area, by its first run: from the outermost marked pixel on the left to that on the right. */
  const areas = new Map<number, Omit<Run, 'of'>[]>();
  runs.forEach(({ row, left, right }, i) => {
    const first = firstOf(runs, i);
    const rows = areas.get(first) ?? [];
    if (rows.length === 0) areas.set(first, rows);
    const last = rows.at(-1);
    if (last?.row === row) last.right = right;
    else rows.push({ row, left, right });
  });
  return [...areas.values()].map((rows) =>
    rows.flatMap(({ row: y, left, right }) => [
      { x: left, y },
      { x: right, y },
      { x: left, y: y + 1 },
      { x: right, y: y + 1 },
    ]),
  );
}

/** All runs of a map, row by row from the left, each with its area. */
function joinedRuns({ values, width, height }: TextMap): Run[] {
  const runs: Run[] = [];
  let above = 0;
  for (let row = 0; row < height; row++) {
    const ends = runs.length;
    for (let from = row * width, at = from; at < from + width; at++) {
      if ((values[at] as number) <= markedFrom) continue;
      const left = at - from;
      while (at < from + width && (values[at] as number) > markedFrom) at++;
      const run = { row, left, right: at - from, of: runs.length };
      runs.push(run);
      while (above < ends && (runs[above] as Run).right < left) above++;
      for (let i = above; i < ends && (runs[i] as Run).left <= run.right; i++) join(runs, i, run.of);
    }
    above = ends;
  }
  return runs;
}

/** Makes one area of the areas of two runs. */
function join(runs: readonly Run[], one: number, other: number): void {
  const [a, b] = [firstOf(runs, one), firstOf(runs, other)];
  (runs[Math.max(a, b)] as Run).of = Math.min(a, b);
}

/** Index of the first run of a run's area. */
function firstOf(runs: readonly Run[], of: number): number {
  let run = runs[of] as Run;
  while (runs[run.of] !== run) {
    const next = runs[run.of] as Run;
    // Halves the way for the next time.
    run.of = next.of;
    run = next;
  }
  return run.of;
}

/** Mean of the pixels whose middle lies in a rectangle; 0 if there are none. */
function meanInside({ values, width, height }: TextMap, rectangle: Rectangle): number {
  const { centre, along, length, breadth } = rectangle;
  const side = across(along);
  const corners = cornersOf(rectangle);
  const least = (axis: 'x' | 'y') => Math.max(0, Math.floor(Math.min(...corners.map((corner) => corner[axis]))));
  const most = (axis: 'x' | 'y', size: number) =>
    Math.min(size - 1, Math.ceil(Math.max(...corners.map((corner) => corner[axis]))));
  const [left, right, top, bottom] = [least('x'), most('x', width), least('y'), most('y', height)];
  const isInside = (x: number, y: number): boolean => {
    const dx = x + 0.5 - centre.x;
    const dy = y + 0.5 - centre.y;
    return Math.abs(dx * along.x + dy * along.y) <= length / 2 && Math.abs(dx * side.x + dy * side.y) <= breadth / 2;
  };
  let sum = 0;
  let count = 0;
  for (let y = top; y <= bottom; y++) {
    // The pixels of a row that are inside lie side by side.
    let [from, to] = [left, right];
    while (from <= to && !isInside(from, y)) from++;
    while (to > from && !isInside(to, y)) to--;
    for (let x = from; x <= to; x++) sum += values[y * width + x] as number;
    count += to + 1 - from;
  }
  return count > 0 ? sum / count : 0;
}
