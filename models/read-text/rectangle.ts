/** Finds the smallest rectangle around points, in whatever direction it lies. Pure; y runs downwards. */
import type { Point, Rectangle } from '../tool';

export type { Rectangle } from '../tool';

/** A direction turned clockwise by a quarter on the screen: for text that runs to the right it points to the line below. */
export const across = ({ x, y }: Point): Point => ({ x: -y, y: x });

/**
 * The rectangle of least area. It has a side on an edge of the points' hull (Freeman and Shapira 1975).
 * @param points at least one. @returns the rectangle with its longer side along.
 */
export function smallestRectangle(points: readonly Point[]): Rectangle {
  const hull = convexHull(points);
  let best: Rectangle | undefined;
  hull.forEach((from, i) => {
    const to = hull[(i + 1) % hull.length] as Point;
    const edge = Math.hypot(to.x - from.x, to.y - from.y);
    const along = edge > 0 ? { x: (to.x - from.x) / edge, y: (to.y - from.y) / edge } : { x: 1, y: 0 };
    const rectangle = aligned(hull, along);
    if (!best || rectangle.length * rectangle.breadth < best.length * best.breadth) best = rectangle;
  });
  if (!best) throw new RangeError('Expected points but received none');
  if (best.length >= best.breadth) return best;
  return { ...best, along: across(best.along), length: best.breadth, breadth: best.length };
}

/** The rectangle around points with sides along and across a direction. */
function aligned(points: readonly Point[], along: Point): Rectangle {
  const side = across(along);
  const [left, right] = span(points.map(({ x, y }) => x * along.x + y * along.y));
  const [top, bottom] = span(points.map(({ x, y }) => x * side.x + y * side.y));
  const u = (left + right) / 2;
  const v = (top + bottom) / 2;
  const centre = { x: u * along.x + v * side.x, y: u * along.y + v * side.y };
  return { centre, along, length: right - left, breadth: bottom - top };
}

const span = (values: readonly number[]): [number, number] => [
  values.reduce((a, b) => Math.min(a, b)),
  values.reduce((a, b) => Math.max(a, b)),
];

/** Andrew's monotone chain. @returns the hull's corners, in order. */
function convexHull(points: readonly Point[]): Point[] {
  const sorted = [...points].sort((a, b) => a.x - b.x || a.y - b.y);
  if (sorted.length < 3) return sorted;
  const lower = chain(sorted);
  const upper = chain(sorted.reverse());
  return [...lower.slice(0, -1), ...upper.slice(0, -1)];
}

function chain(sorted: readonly Point[]): Point[] {
  const kept: Point[] = [];
  for (const point of sorted) {
    while (kept.length >= 2 && !turns(kept.at(-2) as Point, kept.at(-1) as Point, point)) kept.pop();
    kept.push(point);
  }
  return kept;
}

const turns = (a: Point, b: Point, c: Point): boolean => (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x) > 0;

/** The corners, from the text's top left one on, along the text first. */
export function cornersOf({ centre, along, length, breadth }: Rectangle): [Point, Point, Point, Point] {
  const side = across(along);
  const corner = (u: number, v: number): Point => ({
    x: centre.x + u * length * along.x + v * breadth * side.x,
    y: centre.y + u * length * along.y + v * breadth * side.y,
  });
  return [corner(-0.5, -0.5), corner(0.5, -0.5), corner(0.5, 0.5), corner(-0.5, 0.5)];
}
