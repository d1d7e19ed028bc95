/** What select.ts offers for one model on this machine, as tasks for the GPU host and preparing hosts. */
import path from 'node:path';
import type { Catalog, ModelCard } from '../../app/catalog';
import { kernelsFor } from '../../app/kernels';
import { keyOf } from '../../app/race';
import { selectCandidates } from '../../app/select';
import type { GpuFacts } from '../../app/states';
import type { CandidateFiles, Configuration, GpuTask, ModelFiles, TaskId } from '../../host/protocol';
import { identityOf } from '../../storage/cache';
import type { Paths } from '../paths';

/** The likely best first; none where select finds no engine. All share one place in the cache: that of the model. */
export function candidatesOf(
  card: ModelCard,
  facts: GpuFacts,
  catalog: Catalog,
  paths: Paths,
  cacheDir: string,
  cacheKey?: string,
): GpuTask[] {
  const { choices } = selectCandidates(facts.gpu, facts.runtime, card, catalog);
  const entries = choices.map(({ entry }) => entry);
  const identity = identityOf(card, entries, facts);
  const files = modelFiles(card, paths);
  return choices.map(({ entry, profile, cudaGraph }) => {
    const kernels = kernelsFor(entry, facts, catalog);
    return {
      ...files,
      entry,
      profile,
      cudaGraph,
      ...(kernels && { kernels: { entry: kernels, file: paths.kernels(kernels) } }),
      gpu: facts.gpu.index,
      identity,
      engineFile: paths.engine(entry),
      cacheDir,
      ...(cacheKey !== undefined && { cacheKey }),
      addon: paths.addon(facts.runtime),
      libraries: paths.libraries(facts.runtime),
    };
  });
}

/** Where the files of a model lie. */
export function modelFiles(card: ModelCard, paths: Paths): ModelFiles {
  const onnxFile = paths.prepared(card.id, 'model.onnx');
  return { card, onnxFile, preparedDir: path.dirname(onnxFile) };
}

/** What a host is told of tasks (Host.configure), so that it can be asked for them by name. */
export function configurationOf(tasks: readonly GpuTask[]): Configuration {
  const models = new Map<string, ModelFiles>();
  const candidates = new Map<string, CandidateFiles>();
  for (const { card, onnxFile, preparedDir, gpu, identity, entry, engineFile, kernels } of tasks) {
    models.set(`${card.id} ${card.onnx.sha256}`, { card, onnxFile, preparedDir });
    const { below: _, ...whole } = identity;
    const ofModel: CandidateFiles = candidates.get(card.id) ?? { gpu, identity: whole, engines: [] };
    candidates.set(card.id, ofModel);
    const isKnown = ofModel.engines.some((other) => other.entry === entry);
    if (!isKnown) ofModel.engines.push({ entry, file: engineFile, ...(kernels && { kernels }) });
  }
  const [first] = tasks;
  return {
    ...(first && { engine: engineOf(first) }),
    models: [...models.values()],
    candidates: [...candidates.values()],
  };
}

const engineOf = ({ addon, libraries, cacheDir, cacheKey }: GpuTask): NonNullable<Configuration['engine']> => ({
  addon,
  libraries,
  cacheDir,
  ...(cacheKey !== undefined && { cacheKey }),
});

/** What calls name a task by. */
export const idOf = (task: GpuTask): TaskId => ({
  model: task.card.id,
  onnxSha256: task.card.onnx.sha256,
  ...keyOf(task),
  gpuUuid: task.identity.gpuUuid,
  ...(task.identity.below !== undefined && { below: task.identity.below }),
});
