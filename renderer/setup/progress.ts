/** Sums up the rows of a preparation. Pure. */
import type { PrepareRow } from '../../app/states';

/** Whether the GPU runs it. */
export const isServed = ({ phase }: PrepareRow): boolean => phase === 'done' || phase === 'cached';

export const isFinished = (row: PrepareRow): boolean => isServed(row) || row.phase === 'failed';

/** How far one model is, 0 to 1. Of several engines each is a part of the whole. */
export function rowProgress(row: PrepareRow): number {
  const { done, total } = row.race ?? { done: 0, total: 1 };
  return (done + engineProgress(row)) / total;
}

/** Putting weights back is the first half; making, checking and timing the plan is the second. */
function engineProgress(row: PrepareRow): number {
  switch (row.phase) {
    case 'waiting':
      return 0;
    case 'verifying':
      return 0.02;
    case 'refitting':
      return 0.05 + 0.5 * (row.bytesTotal > 0 ? Math.min(row.bytesDone / row.bytesTotal, 1) : 0);
    case 'serializing':
      return 0.6;
    case 'checking':
      return 0.8;
    case 'timing':
      return 0.9;
    case 'saving':
      return 0.95;
    case 'done':
    case 'cached':
    case 'failed':
      return 1;
  }
}

/** How far the whole is, 0 to 1, with each model weighted by its bytes. */
export function overallProgress(rows: readonly PrepareRow[]): number {
  const total = rows.reduce((sum, row) => sum + row.onnxBytes, 0);
  if (total === 0) return 0;
  return rows.reduce((sum, row) => sum + row.onnxBytes * rowProgress(row), 0) / total;
}

interface Outcome {
  /** Models that the GPU now runs. */
  ready: number;
  total: number;
  /** Bytes of weights that were put back. */
  weightBytes: number;
  /** Bytes of the plans that were made here, and so were not downloaded. */
  planBytes: number;
  /** Models whose plan could not be kept: the next start makes it again. */
  notKept: number;
}

/** Sums up a finished preparation. */
export function outcomeOf(rows: readonly PrepareRow[]): Outcome {
  const outcome: Outcome = { ready: 0, total: rows.length, weightBytes: 0, planBytes: 0, notKept: 0 };
  for (const row of rows) {
    if (row.phase === 'done' || row.phase === 'cached') outcome.ready += 1;
    if (row.phase !== 'done') continue;
    outcome.weightBytes += row.weightBytes;
    outcome.planBytes += row.planBytes;
    if (row.notKept) outcome.notKept += 1;
  }
  return outcome;
}
