/** Where items lie in the strip. Pure; CSS pixels from the strip's own start, which scrolls. */

/** From one item to the next. */
export const pitch = 88;
/** Before the first and after the last. */
export const inset = 8;
/** Items drawn beyond each edge, so that a short scroll shows none that is empty. */
const beyond = 6;

/** How wide the strip is in all. */
export const widthOf = (count: number): number => 2 * inset + count * pitch;

/** Items that are in sight, and some beyond: from `first`, before `end`. */
export function inSight(scrollLeft: number, width: number, count: number): { first: number; end: number } {
  const first = Math.floor((scrollLeft - inset) / pitch) - beyond;
  const end = Math.ceil((scrollLeft + width - inset) / pitch) + beyond;
  const clamp = (value: number) => Math.min(Math.max(value, 0), count);
  return { first: clamp(first), end: clamp(end) };
}

/** The index before which something is put down at `x`: the nearest gap. */
export const gapAt = (x: number, count: number): number =>
  Math.min(Math.max(Math.round((x - inset) / pitch), 0), count);

/** How far to scroll so that an item is in sight with a neighbour beside it. */
export function scrollTo(index: number, scrollLeft: number, width: number): number {
  const left = inset + (index - 1) * pitch;
  const right = inset + (index + 2) * pitch;
  if (left < scrollLeft) return Math.max(left, 0);
  return right > scrollLeft + width ? right - width : scrollLeft;
}
