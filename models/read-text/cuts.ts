/** Cuts a line that is too long for the network. Pure. */

/**
 * Cuts a line into pieces of `most` pixels or less. Each cut is where the line is emptiest near the end of what fits: between two words
 * wherever possible.
 * @param ink how much each column of the line differs from its ground, in any unit.
 * @param word least width of the space between two words, in pixels.
 * @returns the ends of the pieces; the last one is the line's end.
 */
export function cutLine(ink: ArrayLike<number>, most: number, word: number): number[] {
  const ends: number[] = [];
  let from = 0;
  while (ink.length - from > most) {
    // Where there is a choice the pieces are of like length: the last would otherwise be a scrap.
    const pieces = Math.ceil((ink.length - from) / most);
    const ideal = from + (ink.length - from) / pieces;
    from = emptiest(ink, Math.ceil(from + most / 2), Math.floor(from + most), ideal, word);
    ends.push(from);
  }
  return [...ends, ink.length];
}

/** The middle, between `low` and `high`, of the emptiest stretch of a word's space; among equals the one nearest to `ideal`. */
function emptiest(ink: ArrayLike<number>, low: number, high: number, ideal: number, word: number): number {
  const half = Math.max(1, Math.floor(word / 2));
  let best = high;
  let least = Number.POSITIVE_INFINITY;
  for (let at = low; at <= high; at++) {
    let sum = 0;
    for (let x = at - half; x < at + half; x++) sum += ink[x] ?? 0;
    if (sum < least || (sum === least && Math.abs(at - ideal) < Math.abs(best - ideal))) {
      least = sum;
      best = at;
    }
  }
  return best;
}
