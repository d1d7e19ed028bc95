/** Makes a model's engine in one process at a time: the window, commands beside it and tools may share a cache. */
import { isDecided, keyOf, type Race, sameKey, winnersSpeed } from '../../app/race';
import type { GpuTask } from '../../host/protocol';
import { entryLock } from '../../storage/cache';
import { withLock } from '../../storage/lock';
import type { Host } from '../hosts/host';
import { idOf } from './candidates';
import { type Prepared, type PrepareOptions, prepareModel, type RowPhase } from './prepare';

/** `found`: another process had made it by the time that this one held the lock. */
export type Made = { kind: 'made'; prepared: Prepared } | ({ kind: 'found' } & Found);

/** The row of a model that was there already. */
export const cachedOf = ({ perSecond }: Found): RowPhase => ({
  phase: 'cached',
  ...(perSecond !== undefined && { perSecond }),
});

/** A candidate that the cache has an entry of. */
export interface Found {
  winner: GpuTask;
  /** Whether it won against all others. */
  isDecided: boolean;
  /** What it does in a second, where it was timed. */
  perSecond?: number;
}

/** As prepareModel, under the lock of the model's place in the cache. @throws what prepareModel throws. */
export async function prepareLocked(
  host: Host,
  candidates: readonly GpuTask[],
  options: PrepareOptions = {},
): Promise<Made> {
  const [first] = candidates;
  if (!first) throw new TypeError('Expected at least one candidate');
  return withLock(
    entryLock(first.cacheDir, first.identity),
    async () => {
      const found = await lookUp(host, candidates);
      if (found && (found.isDecided || options.take === 'first')) return { kind: 'found', ...found };
      return { kind: 'made', prepared: await prepareModel(host, candidates, options) };
    },
    () => options.log?.(`another process makes ${first.card.id}; waiting for it`),
  );
}

/** Never throws: what cannot be looked up is made. */
async function lookUp(host: Host, candidates: readonly GpuTask[]): Promise<Found | undefined> {
  const [first] = candidates;
  const found = first && (await host.call('lookUp', idOf(first)).catch(() => undefined));
  return found?.kind === 'hit' ? foundIn(found.race, candidates) : undefined;
}

/** What a race in the cache says of the candidates; undefined where another one won it. */
export function foundIn(race: Race, candidates: readonly GpuTask[]): Found | undefined {
  const winner = candidates.find((task) => sameKey(keyOf(task), race.winner));
  const perSecond = winnersSpeed(race);
  return (
    winner && { winner, isDecided: isDecided(race, candidates.length), ...(perSecond !== undefined && { perSecond }) }
  );
}
