/** Estimates how long a preparation still takes, if the estimate can be believed. Pure. */
import type { PrepareRow } from '../../app/states';
import { isFinished, rowProgress } from './progress';

/** What has been seen of a preparation so far. Times in milliseconds, of any one clock. */
export interface Watched {
  startedAt: number;
  /** When each model was first seen at work, and how far it was then, 0 to 1. */
  begun: Readonly<Record<string, { at: number; share: number }>>;
  /** Work that was done when watching began. */
  doneBefore: number;
  /** The last estimate that was said; null: none yet. */
  last: number | null;
}

/** Reading, making and checking an engine take time whatever its size: as much as this many bytes of weights. */
const fixedBytes = 4e6;
const workOf = ({ onnxBytes }: PrepareRow): number => onnxBytes + fixedBytes;
const doneOf = (row: PrepareRow): number => workOf(row) * (isFinished(row) ? 1 : rowProgress(row));
const sum = (values: number[]): number => values.reduce((total, value) => total + value, 0);

/** The first steps include starting processes and loading libraries. */
const shortestMs = 1500;
/** Less of the work tells nothing about the rest. */
const leastShare = 0.2;
/** Of one model: less of it tells nothing about its end. */
const leastOfModel = 0.3;
/** An estimate this many times the last one means that neither can be believed. */
const contradiction = 2;

/** Begins to watch, or goes on after a change of the rows. */
export function watch(before: Watched | null, rows: readonly PrepareRow[], at: number): Watched {
  const begun: Record<string, { at: number; share: number }> = { ...before?.begun };
  for (const row of rows)
    if (row.phase !== 'waiting' && !isFinished(row)) begun[row.model] ??= { at, share: rowProgress(row) };
  if (before) return { ...before, begun };
  return { startedAt: at, begun, doneBefore: sum(rows.map(doneOf)), last: null };
}

/**
 * Milliseconds left, and what to go on from. What is said never grows from one time to the next: it stands still where the work is slower
 * than it was, and where it was far off nothing is said.
 * @returns `left` is null if there is no honest number.
 */
export function preparationTimeLeft(
  watched: Watched,
  rows: readonly PrepareRow[],
  at: number,
): { left: number | null; watched: Watched } {
  const estimate = estimateOf(watched, rows, at);
  const { last } = watched;
  if (estimate === null || (last !== null && estimate > contradiction * last)) return { left: null, watched };
  const left = last === null ? estimate : Math.min(last, estimate);
  // Less than two seconds pass before anybody has read them.
  return { left: left < 2000 ? null : left, watched: { ...watched, last: left } };
}

function estimateOf({ startedAt, begun, doneBefore }: Watched, rows: readonly PrepareRow[], at: number): number | null {
  const elapsed = at - startedAt;
  const moving = rows.filter((row) => row.phase !== 'waiting' && !isFinished(row));
  const isTroubled = moving.some(({ again, silent }) => again || silent);
  const done = sum(rows.map(doneOf)) - doneBefore;
  const open = sum(rows.map(workOf)) - doneBefore;
  if (isTroubled || elapsed < shortestMs || open <= 0 || done < leastShare * open) return null;
  const perMs = done / elapsed;
  // Models are prepared side by side: the whole takes as long as the slowest at least, which has only its own part of the machine.
  const ownLeft = moving.map((row) => {
    const since = begun[row.model];
    const gained = since ? rowProgress(row) - since.share : 0;
    if (since && gained >= leastOfModel) return ((at - since.at) * (1 - rowProgress(row))) / gained;
    return ((workOf(row) - doneOf(row)) * moving.length) / perMs;
  });
  return Math.max((open - done) / perMs, ...ownLeft);
}
