/** Which way a line of text may run. Pure. */
import type { Point } from '../tool';
import { across, type Rectangle } from './rectangle';

/** Twice as tall as wide or so: letters one below the other, or a line that was turned by a right angle. */
const uprightFrom = 1.5;

/** Long enough for its sides to tell which way its text runs, but for a half turn. */
export const isLong = ({ length, breadth }: Rectangle): boolean => length >= breadth * uprightFrom;

/**
 * A rectangle with `along` as its text runs, if the page is held so that text runs in a direction.
 * @param page a unit vector: where most of the page's text runs.
 */
export function towards(rectangle: Rectangle, page: Point): Rectangle {
  const { along, length, breadth } = rectangle;
  const share = along.x * page.x + along.y * page.y;
  if (Math.abs(share) >= Math.SQRT1_2 || isLong(rectangle)) return share >= 0 ? rectangle : reversed(rectangle);
  // Short text is as often taller than wide as not; its letters stand as the others do.
  const turned = { ...rectangle, along: across(along), length: breadth, breadth: length };
  return turned.along.x * page.x + turned.along.y * page.y >= 0 ? turned : reversed(turned);
}

/** The same rectangle, its text upside down. */
export const reversed = (rectangle: Rectangle): Rectangle => ({
  ...rectangle,
  along: { x: -rectangle.along.x, y: -rectangle.along.y },
});
