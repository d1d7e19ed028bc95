/** Moves and sizes a box by a pointer or a key. Pure; all in pixels of the picture. */
import type { Box } from '../../app/toolAnswer';

interface Size {
  width: number;
  height: number;
}

export const corners = ['nw', 'ne', 'sw', 'se'] as const;
/** The part of a box that a person holds: the whole, or a corner. */
export type Hold = 'all' | (typeof corners)[number];

export const smallestSide = 4;

/** The box by so much further, some of it in the picture still. */
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
  const left = hold.endsWith('w') ? Math.min(box.x + dx, box.x + box.width - smallestSide) : box.x;
  const top = hold.startsWith('n') ? Math.min(box.y + dy, box.y + box.height - smallestSide) : box.y;
  const right = hold.endsWith('e') ? Math.max(box.x + box.width + dx, box.x + smallestSide) : box.x + box.width;
  const bottom = hold.startsWith('s') ? Math.max(box.y + box.height + dy, box.y + smallestSide) : box.y + box.height;
  return { x: left, y: top, width: right - left, height: bottom - top };
}

/** The box between two points, cut at the picture's border. @returns null if it is too small to be meant. */
export function between(a: { x: number; y: number }, b: { x: number; y: number }, picture: Size): Box | null {
  const clamp = (value: number, most: number): number => Math.min(Math.max(value, 0), most);
  const [left, right] = [clamp(Math.min(a.x, b.x), picture.width), clamp(Math.max(a.x, b.x), picture.width)];
  const [top, bottom] = [clamp(Math.min(a.y, b.y), picture.height), clamp(Math.max(a.y, b.y), picture.height)];
  if (right - left < smallestSide || bottom - top < smallestSide) return null;
  return { x: left, y: top, width: right - left, height: bottom - top };
}
