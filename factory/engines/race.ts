/** The race of every model on this machine's GPU, all candidates and no time limit: for `refit race` and the GPU report. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Catalog, ModelCard } from '../../app/catalog';
import { AppError, type ErrorReport, toReport } from '../../app/errors';
import { type CandidateKey, isTimed, keyOf, nameOf, type RaceRow, sameKey } from '../../app/race';
import { selectCandidates } from '../../app/select';
import type { Host } from '../../main/hosts/host';
import { candidatesOf, configurationOf } from '../../main/setup/candidates';
import { prepareModel } from '../../main/setup/prepare';
import { whyRefused } from '../../words/engines';
import { type Rig, startHost } from './measure';

export interface RaceResult {
  model: string;
  /** What the rows' `usefulPerSecond` counts. */
  unit: 'pixels' | 'runs';
  /** The candidate that the app takes before it has measured any. */
  expected: CandidateKey | null;
  winner: CandidateKey | null;
  /** Speed of the winner as a multiple of the expected one's; null where one of them has none. */
  gain: number | null;
  rows: RaceRow[];
  /** Refused engines, and why. */
  refused: (Omit<CandidateKey, 'cudaGraph'> & { reason: string })[];
  /** Why there is no winner. */
  failure: ErrorReport | null;
  elapsedMs: number;
}

/** Races one model, by the app's own path. @param host of this rig's GPU. */
export async function raceModel(rig: Rig, host: Host, card: ModelCard, catalog: Catalog): Promise<RaceResult> {
  const cacheDir = await mkdtemp(path.join(tmpdir(), 'refit-race-'));
  const startedAt = performance.now();
  try {
    const candidates = candidatesOf(card, rig, catalog, rig.paths, cacheDir);
    host.configure(configurationOf(candidates));
    const { refused } = selectCandidates(rig.gpu, rig.runtime, card, catalog);
    const noEngine = new AppError('ENGINE_NONE', { model: card.name, gpu: rig.gpu.name });
    const raced = await (candidates.length > 0
      ? prepareModel(host, candidates, { budgetMs: Number.POSITIVE_INFINITY })
      : Promise.reject(noEngine)
    ).then(
      ({ race }) => ({ ...race, failure: null }),
      (error: unknown) => ({ winner: null, rows: [], failure: toReport(error) }),
    );
    const first = candidates[0];
    return {
      model: card.id,
      unit: card.flow.kind === 'tiles' ? 'pixels' : 'runs',
      expected: first ? keyOf(first) : null,
      ...raced,
      gain: gainOf(raced.rows, first && keyOf(first), raced.winner),
      refused: refused.map((refusal) => ({
        profile: refusal.entry.profile,
        target: refusal.entry.target,
        reason: whyRefused(refusal, rig.gpu, card),
      })),
      elapsedMs: performance.now() - startedAt,
    };
  } finally {
    await rm(cacheDir, { recursive: true, force: true });
  }
}

/** The winner's speed over the expected one's. */
export function gainOf(
  rows: readonly RaceRow[],
  expected: CandidateKey | undefined,
  winner: CandidateKey | null,
): number | null {
  const speed = (key: CandidateKey | null | undefined): number | undefined => {
    const row = key && rows.find((other) => sameKey(other, key));
    return row && isTimed(row) ? row.result.usefulPerSecond : undefined;
  };
  const [before, after] = [speed(expected), speed(winner)];
  return before && after ? after / before : null;
}

/** Races these models one after the other, each in a host of its own. */
export async function raceAll(
  rig: Rig,
  cards: readonly ModelCard[],
  catalog: Catalog,
  onResult: (result: RaceResult) => void = () => {},
): Promise<RaceResult[]> {
  const results: RaceResult[] = [];
  for (const card of cards) {
    const { host } = startHost();
    try {
      const result = await raceModel(rig, host, card, catalog);
      results.push(result);
      onResult(result);
    } finally {
      host.stop();
    }
  }
  return results;
}

/** A race as lines of a table: candidate, latency, tiles a second, what counts a second, what became of it. */
export function raceRows({ rows, winner, expected, unit }: RaceResult): string[][] {
  return rows.map((row) => {
    const is = (key: CandidateKey | null): boolean => key !== null && sameKey(row, key);
    const marks = [is(winner) && 'fastest', is(expected) && 'expected'].filter(Boolean).join(', ');
    if (row.result.kind !== 'timed') return [nameOf(row), '', '', '', `${row.result.kind}: ${row.result.reason}`];
    const { latencyMs, tilesPerSecond, usefulPerSecond } = row.result;
    const useful =
      unit === 'pixels' ? `${(usefulPerSecond / 1e6).toFixed(1)} MP/s` : `${usefulPerSecond.toFixed(0)} runs/s`;
    return [nameOf(row), `${latencyMs.toFixed(3)} ms`, tilesPerSecond.toFixed(0), useful, marks];
  });
}
