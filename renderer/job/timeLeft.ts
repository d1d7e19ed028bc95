/** Estimates how long a job still takes, if the estimate can be believed. Pure. */

export interface Progress {
  done: number;
  total: number;
  /** Milliseconds from the start to the last finished tile. */
  toLastMs: number;
  /** Milliseconds since the last finished tile. */
  sinceLastMs: number;
}

/** Fewer tiles tell nothing: the first one includes warming up. */
const fewestTiles = 3;
const shortestMs = 1500;
/** A tile this many times later than the average one means that the average no longer holds. */
const overdue = 3;

/** @returns milliseconds left; null if there is no honest number. */
export function timeLeft({ done, total, toLastMs, sinceLastMs }: Progress): number | null {
  if (done < fewestTiles || done >= total || toLastMs < shortestMs) return null;
  const perTile = toLastMs / done;
  if (sinceLastMs > overdue * perTile) return null;
  const left = perTile * (total - done) - sinceLastMs;
  // Less than two seconds pass before anybody has read them.
  return left < 2000 ? null : left;
}

/** Rounds as coarsely as the estimate is uncertain: below a minute to 5 s, below five minutes or hours to halves, else to whole ones. */
export function coarseTime(milliseconds: number): { unit: 'seconds' | 'minutes' | 'hours'; value: number } {
  const seconds = milliseconds / 1000;
  if (seconds < 57.5) return { unit: 'seconds', value: Math.max(5, Math.round(seconds / 5) * 5) };
  const minutes = seconds / 60;
  if (minutes < 59.5) return { unit: 'minutes', value: halves(minutes) };
  return { unit: 'hours', value: halves(minutes / 60) };
}

const halves = (value: number): number => (value < 5 ? Math.round(value * 2) / 2 : Math.round(value));
