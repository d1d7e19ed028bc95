/** The same picture through two versions of a model, for a person to see what an update changes. */
import type { VersionOutputs } from '../app/contract';
import type { Picture } from '../app/tiles';
import type { CheckedBinding } from '../native/binding';
import { entryOf } from './cache';
import type { CompareTask, GpuTask, HostCalls } from './hostProtocol';
import { inferTiles, inferWhole } from './infer';
import { type ModelSession, openGpu } from './session';

/**
 * One version after the other, so that the GPU's memory need not hold two.
 * @throws AppError CACHE_DAMAGED where a version is not kept, and what opening and running throw.
 */
export async function compare(binding: CheckedBinding, task: CompareTask): Promise<HostCalls['compare']['result']> {
  const [one, other] = task.versions;
  return [await through(binding, one, task.picture), await through(binding, other, task.picture)];
}

async function through(binding: CheckedBinding, task: GpuTask, picture: Picture): Promise<VersionOutputs> {
  const { card, profile, gpu, cudaGraph } = task;
  const session = await openGpu(binding, card, profile, await entryOf(task), gpu, cudaGraph);
  try {
    return await outputsOf(session, picture);
  } finally {
    await session.close();
  }
}

async function outputsOf(session: ModelSession, picture: Picture): Promise<VersionOutputs> {
  const { flow, outputs } = session.card;
  if (flow.kind === 'whole') {
    const tensors = await inferWhole(session, picture);
    return tensors.map(({ shape, bytes }, i) => ({ name: outputs[i]?.name ?? '', shape, bytes }));
  }
  const width = picture.width * flow.scale;
  const height = picture.height * flow.scale;
  const bytes = new Uint8Array(width * height * 3);
  await inferTiles(
    session,
    { ...picture, arrived: async () => {} },
    async ({ rect, rgb }) => {
      for (let row = 0; row < rect.height; row++)
        bytes.set(
          rgb.subarray(row * rect.width * 3, (row + 1) * rect.width * 3),
          ((rect.y + row) * width + rect.x) * 3,
        );
    },
    () => false,
  );
  return [{ name: outputs[0]?.name ?? '', shape: [1, height, width, 3], bytes }];
}
