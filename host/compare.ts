/** Runs one picture through two versions of a model, so that a person sees what an update changes. */
import type { OutputsEvent } from '../app/contract';
import type { CheckedBinding } from '../native/binding';
import type { PictureFacts } from '../native/pixels';
import { entryOf } from '../storage/cache';
import { fitted } from './pixels/fit';
import type { Layer, Maps } from './pixels/layers';
import type { Comparison, GpuTask, HostCalls } from './protocol';
import { inferTiles, inferWhole } from './sessions/infer';
import { outputsOf } from './sessions/outputs';
import { type ModelSession, openGpu } from './sessions/session';

export type CompareTask = Comparison & { versions: [GpuTask, GpuTask] };

/**
 * Runs one version after the other, so that the GPU's memory need not hold both.
 * @throws AppError CACHE_DAMAGED if the cache has no plan of a version, and what opening and running throw.
 */
export async function compare(
  binding: CheckedBinding,
  maps: Maps,
  { versions: [one, other], picture, results }: CompareTask,
): Promise<HostCalls['compare']['result']> {
  const left = await through(binding, maps, one, picture, results?.[0]);
  const right = await through(binding, maps, other, picture, results?.[1]);
  return left && right ? [left, right] : null;
}

/** @returns the outputs; undefined for a `tiles` model, whose picture lies in `result`. */
async function through(
  binding: CheckedBinding,
  maps: Maps,
  task: GpuTask,
  picture: Layer,
  result: PictureFacts | undefined,
): Promise<OutputsEvent['outputs'] | undefined> {
  const { card, profile, gpu, cudaGraph } = task;
  const session = await openGpu(binding, card, profile, await entryOf(task), gpu, cudaGraph);
  try {
    return await run(session, maps, picture, result);
  } finally {
    await session.close();
  }
}

async function run(session: ModelSession, maps: Maps, picture: Layer, result: PictureFacts | undefined) {
  const { flow } = session.card;
  if (flow.kind === 'tiles') {
    if (!result) throw new Error('Expected a file for the result but received none');
    await inferTiles(session, { source: picture.picture, result, finished: [] }, () => {});
    return undefined;
  }
  const { width, height } = session;
  const rgb = await fitted(maps, picture, flow.fit, session);
  return outputsOf(session.card, await inferWhole(session, { width, height, rgb }));
}
