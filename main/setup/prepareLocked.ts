/** Makes a model's engine in one process at a time: two windows of two users' data may share a cache, and so do tools. */
import { keyOf, sameKey } from '../../app/race';
import type { GpuTask } from '../../host/protocol';
import { entryLock } from '../../storage/cache';
import { withLock } from '../../storage/lock';
import type { Host } from '../hosts/host';
import { idOf } from './candidates';
import { type Prepared, type PrepareOptions, prepareModel } from './prepare';

/** `found`: another process had made it by the time that this one held the lock. */
export type Made = { kind: 'made'; prepared: Prepared } | { kind: 'found'; winner: GpuTask };

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
      const winner = await winnerOf(host, candidates);
      if (winner) return { kind: 'found', winner };
      return { kind: 'made', prepared: await prepareModel(host, candidates, options) };
    },
    () => options.log?.(`another process makes ${first.card.id}; waiting for it`),
  );
}

/** The candidate that the cache has an entry of. Never throws: what cannot be looked up is made. */
async function winnerOf(host: Host, candidates: readonly GpuTask[]): Promise<GpuTask | undefined> {
  const [first] = candidates;
  const found = first && (await host.call('lookUp', idOf(first)).catch(() => undefined));
  if (found?.kind !== 'hit') return undefined;
  return candidates.find((task) => sameKey(keyOf(task), found.race.winner));
}
