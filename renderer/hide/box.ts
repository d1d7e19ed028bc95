/** Moves and sizes a box by a pointer or a key. Pure; all in pixels of the picture. */
import type { Box } from '../../app/toolAnswer';

interface Size {
  width: number;
  height: number;
}

export const corners = ['nw', 'ne', 'sw', 'se'] as const;
/** The part of a box that a person holds: the whole, or a corner. */
export type Hold = 'all' | (typeof corners)[number];

/** Pixels of a side: a box is no smaller, and no less of it lies in the picture. */
const smallestSide = 4;

/** The box after what is held of it was moved by `dx` and `dy`; some of the box stays in the picture. */
export function moved(box: Box, hold: Hold, dx: number, dy: number, picture: Size): Box {
  if (hold === 'all') {
    const within = (at: number, length: number, all: number): number =>
      Math.min(Math.max(at, smallestSide - length), all - smallestSide);
    return {
      ...box,
      x: within(box.x + dx, box.width, picture.width),
      y: within(box.y + dy, box.height, picture.height),
    };
  }
  const [right, bottom] = [box.x + box.width, box.y + box.height];
  const { width, height } = picture;
  const x = hold.endsWith('w') ? Math.min(box.x + dx, right - smallestSide, width - smallestSide) : box.x;
  const y = hold.startsWith('n') ? Math.min(box.y + dy, bottom - smallestSide, height - smallestSide) : box.y;
  const toX = hold.endsWith('e') ? Math.max(right + dx, box.x + smallestSide, smallestSide) : right;
  const toY = hold.startsWith('s') ? Math.max(bottom + dy, box.y + smallestSide, smallestSide) : bottom;
  return { x, y, width: toX - x, height: toY - y };
}

/** The box between two points, cut at the picture's border. @returns null if it is too small to be meant. */
export function between(a: { x: number; y: number }, b: { x: number; y: number }, picture: Size): Box | null {
  const clamp = (value: number, most: number): number => Math.min(Math.max(value, 0), most);
  const [left, right] = [clamp(Math.min(a.x, b.x), picture.width), clamp(Math.max(a.x, b.x), picture.width)];
  const [top, bottom] = [clamp(Math.min(a.y, b.y), picture.height), clamp(Math.max(a.y, b.y), picture.height)];
  if (right - left < smallestSide || bottom - top < smallestSide) return null;
  return { x: left, y: top, width: right - left, height: bottom - top };
}
