/** Puts new weights into an installed model: refits its cached plan, checks the new plan and keeps it beside the old one. */
import { AppError } from '../app/errors';
import type { CheckedBinding, NativeError, RefitProgress, RefitResult } from '../native/binding';
import { type Identity, keep, readEntry } from '../storage/cache';
import { readGolden, readOnnx } from '../storage/verify';
import type { ChangedTensors, GpuTask, HostCalls } from './protocol';
import { checkGolden, nativeError, openGpu } from './sessions/session';

/** `card`, `identity` and the files are the new version's. `from` finds the cached plan that takes the weights. */
export type UpdateTask = GpuTask & ChangedTensors & { from: Identity };

/**
 * @throws AppError PLAN_WRONG, REFIT_FAILED, OUT_OF_VRAM, PACK_REFUSED if the engine cannot take the change, and what reading and
 * keeping throw. The old version's entry never changes.
 */
export async function update(
  binding: CheckedBinding,
  task: UpdateTask,
  onProgress: (progress: RefitProgress) => void,
): Promise<HostCalls['update']['result']> {
  const startedAt = performance.now();
  const { card, profile, gpu, cudaGraph, identity } = task;
  const found = await readEntry(task.cacheDir, task.from, task.cacheKey);
  if (found.kind !== 'hit') return { kind: 'absent', why: found.kind };
  const { plan: before } = found.entry;
  const onnx = await readOnnx(task.onnxFile, card);
  let refitted: Refitted;
  try {
    refitted = await putChanged(binding, before, onnx, task, onProgress);
  } catch (error) {
    // The plan takes no weights: an earlier catalog's engine made it.
    if ((error as Partial<NativeError>).code === 'ENGINE_INVALID') return { kind: 'absent', why: String(error) };
    throw error instanceof AppError
      ? error
      : nativeError(error, (detail) => new AppError('REFIT_FAILED', { model: card.name }, detail), card.name);
  }
  const { plan, by, weights, weightBytes, refitMs, serializeMs } = refitted;

  const golden = await readGolden(task.preparedDir, card, profile.id);
  // Kernels depend on the network, not on its weights: the old version's serve.
  const session = await openGpu(binding, card, profile, { plan, kernels: found.entry.kernels }, gpu, cudaGraph);
  try {
    const verdict = await checkGolden(session, golden);
    if (!verdict.passed) throw new AppError('PLAN_WRONG', { model: card.name }, verdict.detail);
    const entry = { ...found.entry, plan, kernels: session.native.runtimeCache() };
    await keep(task.cacheDir, identity, entry, task.cacheKey);
    const { deserializeMs, contextMs, vramBytes, runtimeCacheUsed: kernelsUsed } = session.native;
    const elapsedMs = performance.now() - startedAt;
    const figures = { by, weights, weightBytes, planBytes: plan.byteLength, refitMs, serializeMs, elapsedMs };
    return { kind: 'updated', figures: { ...figures, deserializeMs, contextMs, vramBytes, kernelsUsed } };
  } finally {
    await session.close();
  }
}

type Refitted = RefitResult & { by: 'tensors' | 'onnx' };

/** Refits only the changed tensors if the engine knows them by their ONNX names, else all weights of the file. */
async function putChanged(
  binding: CheckedBinding,
  plan: Uint8Array,
  onnx: Uint8Array,
  { gpu, tensors, card }: UpdateTask,
  onProgress: (progress: RefitProgress) => void,
): Promise<Refitted> {
  const options = { keepRefittable: true, device: gpu };
  const changed = new Map(tensors.map(({ name, offset, bytes }) => [name, onnx.subarray(offset, offset + bytes)]));
  try {
    return {
      ...(await binding.refit(plan, changed, { ...options, changedOnly: true }, onProgress)),
      by: 'tensors',
    };
  } catch (error) {
    // The engine has other names or sizes, or takes these weights only together with others.
    const { code } = error as Partial<NativeError>;
    if (code !== 'BAD_ARGUMENT' && code !== 'WEIGHTS_MISSING') throw error;
  }
  const refitted = await binding.refit(plan, onnx, options, onProgress);
  const sources = new Set(refitted.sources);
  const fixed = tensors.filter(({ name }) => !sources.has(name));
  // The builder compiled these values into kernels, where no refit reaches them: a new engine is needed.
  if (fixed.length > 0)
    throw new AppError(
      'PACK_REFUSED',
      { file: card.name, reason: 'otherGraph' },
      `not weights of the engine: ${fixed.map(({ name }) => name).join(', ')}`,
    );
  return { ...refitted, by: 'onnx' };
}
