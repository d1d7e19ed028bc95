/** Which way a line of text runs, and in what order lines are read. Pure. */
import type { Rectangle } from './rectangle';
import { across } from './rectangle';

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

/** Sorts from top to bottom, and what stands side by side from left to right. @returns a new array. */
export function inReadingOrder(rectangles: readonly Rectangle[]): Rectangle[] {
  const rows: { top: number; bottom: number; members: Rectangle[] }[] = [];
  for (const rectangle of [...rectangles].sort((a, b) => a.centre.y - b.centre.y)) {
    const { y } = rectangle.centre;
    const half = heightOf(rectangle) / 2;
    const row = rows.at(-1);
    const overlap = row ? Math.min(row.bottom, y + half) - Math.max(row.top, y - half) : 0;
    // Half of the lower of the two: letters of two sizes beside each other, but not one line and the next.
    if (row && overlap > 0.5 * Math.min(row.bottom - row.top, 2 * half)) row.members.push(rectangle);
    else rows.push({ top: y - half, bottom: y + half, members: [rectangle] });
  }
  return rows.flatMap(({ members }) => members.sort((a, b) => a.centre.x - b.centre.x));
}

/** Of the level part of a line, so that a slight slope does not reach into its neighbours. */
const heightOf = ({ along, length, breadth }: Rectangle): number =>
  Math.abs(along.y) > Math.abs(along.x) ? length : breadth;
