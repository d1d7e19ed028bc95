/** How long a job still takes, said only when it can be believed. Pure. */

export interface Progress {
  done: number;
  total: number;
  /** Milliseconds from the start to the last finished tile. */
  toLastMs: number;
  /** Milliseconds since the last finished tile. */
  sinceLastMs: number;
}

/** Fewer tiles than this tell nothing: the first one pays for warming up. */
const fewestTiles = 3;
const shortestMs = 1500;
/** A tile this many times later than the average one means that the average no longer holds. */
const overdue = 3;

/** @returns milliseconds left, or null where no honest number can be given. */
export function timeLeft({ done, total, toLastMs, sinceLastMs }: Progress): number | null {
  if (done < fewestTiles || done >= total || toLastMs < shortestMs) return null;
  const perTile = toLastMs / done;
  if (sinceLastMs > overdue * perTile) return null;
  const left = perTile * (total - done) - sinceLastMs;
  // Under two seconds it is over before it is read.
  return left < 2000 ? null : left;
}

/** Rounded as coarsely as it is uncertain: to 5 s below a minute; minutes and hours to halves below five, else to whole ones. */
export function coarseTime(milliseconds: number): { unit: 'seconds' | 'minutes' | 'hours'; value: number } {
  const seconds = milliseconds / 1000;
  if (seconds < 57.5) return { unit: 'seconds', value: Math.max(5, Math.round(seconds / 5) * 5) };
  const minutes = seconds / 60;
  if (minutes < 59.5) return { unit: 'minutes', value: halves(minutes) };
  return { unit: 'hours', value: halves(minutes / 60) };
}

const halves = (value: number): number => (value < 5 ? Math.round(value * 2) / 2 : Math.round(value));
