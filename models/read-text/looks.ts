/** Decides which rectangles are read of the text that was found twice: at a glance at the whole picture, and in a closer look. Pure. */
import type { Point, Rectangle } from '../tool';
import { cornersOf } from './rectangle';

export interface Looks {
  /** Rectangles to be read in any case. */
  sure: Rectangle[];
  /** A rectangle of the glance, and what the closer look found in its place: reading both tells which is right. */
  unsure: { whole: Rectangle; parts: Rectangle[] }[];
}

/** Letters higher than this, in pixels of the closer look, may have been found in several parts there. */
const tall = 160;

/** @param glance, close rectangles of the two looks, in the picture's pixels. @param scale of the closer look. */
export function compareLooks(glance: readonly Rectangle[], close: readonly Rectangle[], scale: number): Looks {
  const taken = new Set<Rectangle>();
  const sure: Rectangle[] = [];
  const unsure: Looks['unsure'] = [];
  for (const whole of [...glance].sort((a, b) => b.breadth - a.breadth)) {
    const met: { part: Rectangle; area: number }[] = [];
    for (const part of close) {
      const area = taken.has(part) ? 0 : overlapOf(whole, part);
      if (area > 0) met.push({ part, area });
    }
    // At a glance the boxes of small text reach far and run together: the closer look knows better.
    const isTall = whole.breadth * scale > tall;
    const covered = met.reduce((sum, { area }) => sum + area, 0) / areaOf(whole);
    if (!isTall && covered >= 0.2) continue;
    const parts = met
      .filter(({ part, area }) => area > Math.min(areaOf(part), areaOf(whole)) / 2)
      .map(({ part }) => part);
    if (isTall && covered >= 0.5 && parts.length === 1 && isAlike(whole, parts[0])) continue;
    if (parts.length === 0) sure.push(whole);
    else {
      unsure.push({ whole, parts });
      for (const part of parts) taken.add(part);
    }
  }
  return { sure: [...sure, ...close.filter((part) => !taken.has(part))], unsure };
}

/** Whether two rectangles hold the same text, give or take an end that one of them left off. */
const isAlike = (one: Rectangle, other: Rectangle | undefined): boolean =>
  other !== undefined && 1.5 * overlapOf(one, other) > Math.max(areaOf(one), areaOf(other));

const areaOf = ({ length, breadth }: Rectangle): number => length * breadth;

/** Whether a line in the direction of one of `one`'s sides parts two rectangles (separating axis theorem). */
function isParted(one: Rectangle, other: Rectangle): boolean {
  const { x, y } = one.along;
  const dx = other.centre.x - one.centre.x;
  const dy = other.centre.y - one.centre.y;
  const cosine = Math.abs(x * other.along.x + y * other.along.y);
  const sine = Math.abs(x * other.along.y - y * other.along.x);
  return (
    2 * Math.abs(dx * x + dy * y) >= one.length + cosine * other.length + sine * other.breadth ||
    2 * Math.abs(dy * x - dx * y) >= one.breadth + sine * other.length + cosine * other.breadth
  );
}

/** Square pixels that two rectangles share, however they lie. */
export function overlapOf(one: Rectangle, other: Rectangle): number {
  // Nearly all pairs of a page end here, without the clipping, which costs far more.
  if (isParted(one, other) || isParted(other, one)) return 0;
  // Sutherland and Hodgman's clipping: keeps what lies on the inner side of each edge in turn.
  let shape: Point[] = cornersOf(one);
  const edges = cornersOf(other);
  edges.forEach((from, i) => {
    const to = edges[(i + 1) % 4] as Point;
    const side = ({ x, y }: Point): number => (to.x - from.x) * (y - from.y) - (to.y - from.y) * (x - from.x);
    shape = shape.flatMap((point, j) => {
      const next = shape[(j + 1) % shape.length] as Point;
      const [here, there] = [side(point), side(next)];
      const share = here / (here - there);
      const crossing = { x: point.x + (next.x - point.x) * share, y: point.y + (next.y - point.y) * share };
      return [...(here >= 0 ? [point] : []), ...(here >= 0 !== there >= 0 ? [crossing] : [])];
    });
  });
  const area = shape.reduce((sum, { x, y }, i) => {
    const next = shape[(i + 1) % shape.length] as Point;
    return sum + x * next.y - next.x * y;
  }, 0);
  return Math.abs(area) / 2;
}
