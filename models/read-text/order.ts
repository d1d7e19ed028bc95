/** Tells which way a line of text may run. Pure. */
import type { Point } from '../tool';
import { across, type Rectangle } from './rectangle';

/** A rectangle so much longer than broad is a line, not a letter or two that may stand upright. */
const uprightFrom = 1.5;

/** Whether a rectangle is so long that its sides tell which way its text runs, but for a half turn. */
export const isLong = ({ length, breadth }: Rectangle): boolean => length >= breadth * uprightFrom;

/**
 * A rectangle with `along` as its text runs on a page whose text runs in the direction `page`.
 * @param page a unit vector: the direction of most of the page's text.
 */
export function towards(rectangle: Rectangle, page: Point): Rectangle {
  const { along, length, breadth } = rectangle;
  const share = along.x * page.x + along.y * page.y;
  if (Math.abs(share) >= Math.SQRT1_2 || isLong(rectangle)) return share >= 0 ? rectangle : reversed(rectangle);
  // A short text may be taller than wide, and its letters still stand as the page's do.
  const turned = { ...rectangle, along: across(along), length: breadth, breadth: length };
  return turned.along.x * page.x + turned.along.y * page.y >= 0 ? turned : reversed(turned);
}

/** The same rectangle with its text upside down. */
export const reversed = (rectangle: Rectangle): Rectangle => ({
  ...rectangle,
  along: { x: -rectangle.along.x, y: -rectangle.along.y },
});
