/** Smaller tiles for a GPU whose memory is too full for the fastest ones: other programs use it as well. */
import type { GpuTask } from '../../host/protocol';
import type { Host } from '../hosts/host';
import type { PrepareOptions } from './prepare';
import { prepareLocked } from './prepareLocked';

/** A model's candidates with smaller tiles than a task's; they have a place of their own in the cache. */
export function smallerThan({ profile }: GpuTask, candidates: readonly GpuTask[]): GpuTask[] {
  const area = profile.width * profile.height;
  return candidates
    .filter((task) => task.card.flow.kind === 'tiles' && task.profile.width * task.profile.height < area)
    .map((task) => ({ ...task, identity: { ...task.identity, below: profile.id } }));
}

/**
 * The engine for smaller tiles, from the cache or made now: the fastest, or with `take: 'first'` the first good one.
 * @param candidates as from `smallerThan`. @returns undefined where there is none.
 * @throws what prepareModel throws.
 */
export async function findSmaller(
  host: Host,
  candidates: readonly GpuTask[],
  options: PrepareOptions = {},
): Promise<GpuTask | undefined> {
  if (candidates.length === 0) return undefined;
  const made = await prepareLocked(host, candidates, options);
  return made.kind === 'found' ? made.winner : made.prepared.winner;
}
