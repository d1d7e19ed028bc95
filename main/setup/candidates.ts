/** What select.ts offers for one model on this machine, as tasks for the engine host. */
import path from 'node:path';
import type { Catalog, ModelCard } from '../../app/catalog';
import { kernelsFor } from '../../app/kernels';
import { selectCandidates } from '../../app/select';
import type { GpuFacts } from '../../app/states';
import type { GpuTask } from '../../host/protocol';
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
  const onnxFile = paths.prepared(card.id, 'model.onnx');
  return choices.map(({ entry, profile, cudaGraph }) => {
    const kernels = kernelsFor(entry, facts, catalog);
    return {
      card,
      entry,
      profile,
      cudaGraph,
      ...(kernels && { kernels: { entry: kernels, file: paths.kernels(kernels) } }),
      gpu: facts.gpu.index,
      identity,
      engineFile: paths.engine(entry),
      onnxFile,
      preparedDir: path.dirname(onnxFile),
      cacheDir,
      ...(cacheKey !== undefined && { cacheKey }),
      addon: paths.addon(facts.runtime),
      libraries: paths.libraries,
    };
  });
}
