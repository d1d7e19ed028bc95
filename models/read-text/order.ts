/** Which way a line of text runs, and in what order lines are read. Pure. */
import type { Point } from '../tool';
import { across, type Rectangle } from './rectangle';

/** Twice as tall as wide or so: letters one below the other, or a line that was turned by a right angle. */
const uprightFrom = 1.5;

/**
 * The directions in which a rectangle's text may run, the likeliest first. Near the level there is one, to the right;
 * what stands may read downwards or upwards, which only reading tells.
 */
export function directionsOf(rectangle: Rectangle): Rectangle[] {
  const { along, length, breadth } = rectangle;
  const stands = Math.abs(along.y) > Math.abs(along.x);
  if (stands && length >= breadth * uprightFrom) {
    const down = along.y > 0 ? rectangle : reversed(rectangle);
    return [down, reversed(down)];
  }
  // Short text is as often taller than wide as not; its letters stand all the same.
  const level = stands ? { ...rectangle, along: across(along), length: breadth, breadth: length } : rectangle;
  return [level.along.x > 0 ? level : reversed(level)];
}

const reversed = (rectangle: Rectangle): Rectangle => ({
  ...rectangle,
  along: { x: -rectangle.along.x, y: -rectangle.along.y },
});

/**
 * Sorts from top to bottom, and what stands side by side from left to right, as they are when the page is held so that most of
 * its text is level.
 * @param lines with `along` in reading direction. @returns a new array.
 */
export function inReadingOrder<T extends Rectangle>(lines: readonly T[]): T[] {
  const right = mainDirection(lines);
  const down = across(right);
  const rows: { top: number; bottom: number; members: T[] }[] = [];
  for (const line of [...lines].sort((a, b) => dot(a.centre, down) - dot(b.centre, down))) {
    const middle = dot(line.centre, down);
    // Without its slope, by which a long line would reach into its neighbours.
    const half = (Math.abs(dot(line.along, right)) > Math.SQRT1_2 ? line.breadth : line.length) / 2;
    const row = rows.at(-1);
    const overlap = row ? Math.min(row.bottom, middle + half) - Math.max(row.top, middle - half) : 0;
    // Half of the lower of the two: letters of two sizes beside each other, but not one line and the next.
    if (row && overlap > 0.5 * Math.min(row.bottom - row.top, 2 * half)) row.members.push(line);
    else rows.push({ top: middle - half, bottom: middle + half, members: [line] });
  }
  return rows.flatMap(({ members }) => members.sort((a, b) => dot(a.centre, right) - dot(b.centre, right)));
}

/** Right, down or up: where most of the text runs, by length. */
function mainDirection(lines: readonly Rectangle[]): Point {
  const directions = [
    { x: 1, y: 0 },
    { x: 0, y: 1 },
    { x: 0, y: -1 },
  ] as const;
  const lengths = directions.map((direction) =>
    lines.reduce((sum, { along, length }) => sum + (dot(along, direction) > Math.SQRT1_2 ? length : 0), 0),
  );
  return directions[lengths.indexOf(Math.max(...lengths))] ?? directions[0];
}

const dot = (a: Point, b: Point): number => a.x * b.x + a.y * b.y;
