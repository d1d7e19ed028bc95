/**
 * The race finds the fastest of select.ts's candidates on this very GPU. This file says what is compared and how, and is pure;
 * main/setup/prepare.ts runs the race.
 */
import type { ModelCard, Profile } from './catalog';
import type { CandidateKey, Race, RaceRow, Timed } from './raceSchema';
import type { Choice } from './select';

export type { CandidateKey, Race, RaceRow, Timed } from './raceSchema';

/**
 * Whether a race was run to its end; until then the first good candidate works. A race without rows was decided elsewhere: new weights
 * take the old ones' winner.
 * @param candidates how many there are.
 */
export const isDecided = ({ rows }: Race, candidates: number): boolean =>
  rows.length === 0 || rows.length >= candidates;

/**
 * A race refits no further engine once it has taken this long and has a winner. On a desktop this spares the second engine of a
 * model whose kernels take long to compile.
 */
export const raceBudgetMs = 5000;

/** The key of a candidate. */
export const keyOf = ({ entry, profile, cudaGraph }: Choice): CandidateKey => ({
  profile: profile.id,
  target: entry.target,
  cudaGraph,
});

export const sameKey = (a: CandidateKey, b: CandidateKey): boolean =>
  a.profile === b.profile && a.target === b.target && a.cudaGraph === b.cudaGraph;

/** "tile512 portable graph", for logs and tables. */
export const nameOf = ({ profile, target, cudaGraph }: CandidateKey): string =>
  `${profile} ${target}${cudaGraph ? ' graph' : ''}`;

/**
 * What one run gives: for `tiles` the output pixels of a tile's core, without the overlap; for `whole` tools one result.
 */
export function usefulEach(
  { flow }: Pick<ModelCard, 'flow'>,
  { width, height }: Pick<Profile, 'width' | 'height'>,
): number {
  if (flow.kind === 'whole') return 1;
  return (width - 2 * flow.overlap) * (height - 2 * flow.overlap) * flow.scale ** 2;
}

/** The fastest candidate that was timed, the first of equals. Undefined if none was timed. */
export function fastest(rows: readonly RaceRow[]): (RaceRow & { result: Timed }) | undefined {
  let best: (RaceRow & { result: Timed }) | undefined;
  for (const row of rows)
    if (isTimed(row) && (!best || row.result.usefulPerSecond > best.result.usefulPerSecond)) best = row;
  return best;
}

/** What the winner of a race does in a second; undefined where it was not timed. */
export const winnersSpeed = ({ winner, rows }: Race): number | undefined =>
  rows.filter(isTimed).find((row) => sameKey(row, winner))?.result.usefulPerSecond;

export const isTimed = (row: RaceRow): row is RaceRow & { result: Timed } => row.result.kind === 'timed';
