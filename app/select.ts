/** (machine, card, catalog) → device and candidate engines, or the reasons why not. Pure: decides, never acts. */
import type { Catalog, EngineEntry, ModelCard, Profile } from './catalog';
import { AppError, type ErrorReport } from './errors';
import { rankGpus } from './gpus';
import { formatCapability, type Gpu, type Machine } from './machine';
import { defaultRuntime, runtimesIn, servesGpu } from './runtimes';
import { sm, targetsFor, turing } from './targets';

/** The oldest driver that serves TensorRT-RTX 1.6's CUDA 12 build, and the CUDA version that it reports. */
export const oldestDriver = '570';
const oldestCuda = 12080;

/** One way for a GPU to run one model. */
export interface Choice {
  entry: EngineEntry;
  profile: Profile;
  /** Launch the network as one CUDA graph. */
  cudaGraph: boolean;
}

/** A catalog entry that is no candidate, and why. */
export interface Refusal {
  entry: EngineEntry;
  reason: RefusalReason;
}

export type RefusalReason =
  /** Its runtime does not run on the GPU. */
  | { kind: 'unserved' }
  /** It is for another runtime than the one that is here. */
  | { kind: 'runtime'; have: string }
  /** It was built from another ONNX file. */
  | { kind: 'onnx' }
  /** The card no longer has its profile. */
  | { kind: 'profile' }
  /** It is for another family of GPUs. */
  | { kind: 'gpu' }
  /** The GPU has too little memory. */
  | { kind: 'memory'; needBytes: number }
  /** A better profile fits the GPU. */
  | { kind: 'worse' };

/** Every way that a GPU could run a model. The first one serves until the race has measured. */
export interface Candidates {
  choices: Choice[];
  refused: Refusal[];
}

export type DeviceChoice = { kind: 'gpu'; gpu: Gpu } | { kind: 'cpu'; reason: ErrorReport };
export type EngineChoice = { kind: 'engine'; choice: Choice } | { kind: 'none'; reason: ErrorReport };

const none = (error: AppError): { kind: 'none'; reason: ErrorReport } => ({ kind: 'none', reason: error.toReport() });
const cpu = (error: AppError): DeviceChoice => ({ kind: 'cpu', reason: error.toReport() });

/**
 * Chooses the device: the GPU that the person wants, else the best (gpus.ts) that any engine could serve, or the processor and why.
 * Of several things that are missing the reason names the one that a person would mend first.
 * @param wanted uuid of a GPU; one that is not here, or that no engine serves, counts as none.
 */
export function selectDevice(machine: Machine, wanted: string | null = null): DeviceChoice {
  const { driver, gpus, runtime, parser } = machine;
  if (driver.kind === 'unknown') return cpu(new AppError('DRIVER_MISSING', {}, driver.reason));
  if (gpus.kind === 'unknown') return cpu(new AppError('GPU_NONE', {}, gpus.reason));
  const byIndex = [...gpus.value].sort((a, b) => a.index - b.index);
  const first = byIndex[0];
  if (!first) return cpu(new AppError('GPU_NONE', {}));
  const served = servedBest(byIndex);
  const [nearest] = served;
  if (!nearest) return cpu(unserved(byIndex.find((gpu) => sm(gpu.computeCapability) > turing) ?? first));
  if (driver.value.cudaVersion < oldestCuda)
    return cpu(new AppError('DRIVER_TOO_OLD', { version: driver.value.version, needed: oldestDriver }));
  if (runtime.kind === 'unknown')
    return cpu(new AppError('RUNTIME_MISSING', { library: 'TensorRT-RTX' }, runtime.reason));
  if (parser.kind === 'unknown')
    return cpu(new AppError('RUNTIME_MISSING', { library: 'TensorRT-RTX ONNX parser' }, parser.reason));
  const own = served.filter(({ computeCapability }) => servesGpu(runtime.value, computeCapability));
  const best = own.find(({ uuid }) => uuid === wanted) ?? own[0];
  if (!best) return cpu(refusedBy(runtime.value, nearest));
  return { kind: 'gpu', gpu: best };
}

/** GPUs that some target serves, the best first. */
const servedBest = (gpus: readonly Gpu[]): Gpu[] => rankGpus(gpus).rows.flatMap((row) => (row.serves ? [row.gpu] : []));

/**
 * Chooses which of the catalog's runtimes to load, since a process holds one: that which serves the most models on the GPU that
 * `selectDevice` will choose, and of two alike the newer one.
 * @param machine with its GPUs; which runtime told of them does not matter.
 */
export function selectRuntime(
  { gpus }: Pick<Machine, 'gpus'>,
  cards: readonly ModelCard[],
  catalog: Catalog,
  wanted: string | null = null,
): string {
  const names = runtimesIn(catalog);
  const [newest = defaultRuntime] = names;
  const served = servedBest(gpus.kind === 'known' ? gpus.value : []).filter(({ computeCapability }) =>
    names.some((name) => servesGpu(name, computeCapability)),
  );
  const gpu = served.find(({ uuid }) => uuid === wanted) ?? served[0];
  if (!gpu) return newest;
  const modelsOf = (name: string): number =>
    cards.filter((card) => selectCandidates(gpu, name, card, catalog).choices.length > 0).length;
  return names.reduce((best, name) => (modelsOf(name) > modelsOf(best) ? name : best), newest);
}

/**
 * Chooses a model's engine for a GPU before anything was measured: the card's first profile that fits the GPU's memory, its own
 * family's engine before the portable one, and a CUDA graph if the card says so.
 */
export function selectEngine(gpu: Gpu, runtime: string, card: ModelCard, catalog: Catalog): EngineChoice {
  const { choices, refused } = selectCandidates(gpu, runtime, card, catalog);
  const choice = choices[0];
  return choice ? { kind: 'engine', choice } : none(whyNone(gpu, runtime, card, refused));
}

/**
 * Lists every engine of a model that this GPU could run (profile × target × CUDA graph on and off), the most promising first; the
 * race (race.ts) measures which is fastest. Nothing loads a refused engine: one of another family was seen to hang its process.
 *
 * Profiles of a `whole` tool do not compete: a smaller one is faster and gives another result, so the first that fits serves.
 */
export function selectCandidates(gpu: Gpu, runtime: string, card: ModelCard, catalog: Catalog): Candidates {
  const served = targetsFor(gpu.computeCapability);
  const candidates: Candidates = { choices: [], refused: [] };
  const fitting: { entry: EngineEntry; profile: Profile }[] = [];
  for (const entry of catalog.engines.filter(({ model }) => model === card.id)) {
    const profile = card.profiles.find(({ id }) => id === entry.profile);
    const reason = whyRefused(gpu, runtime, card, entry, profile);
    if (reason) candidates.refused.push({ entry, reason });
    else if (profile) fitting.push({ entry, profile });
  }
  fitting.sort(
    (a, b) =>
      card.profiles.indexOf(a.profile) - card.profiles.indexOf(b.profile) ||
      served.indexOf(a.entry.target) - served.indexOf(b.entry.target),
  );
  const best = fitting[0]?.profile;
  for (const { entry, profile } of fitting) {
    if (card.flow.kind === 'whole' && profile !== best) candidates.refused.push({ entry, reason: { kind: 'worse' } });
    else
      for (const cudaGraph of [card.cudaGraph, !card.cudaGraph]) candidates.choices.push({ entry, profile, cudaGraph });
  }
  return candidates;
}

/** Why an entry is no candidate; undefined where it is one. */
function whyRefused(
  gpu: Gpu,
  runtime: string,
  card: ModelCard,
  entry: EngineEntry,
  profile: Profile | undefined,
): RefusalReason | undefined {
  if (!servesGpu(entry.runtime, gpu.computeCapability)) return { kind: 'unserved' };
  if (entry.runtime !== runtime) return { kind: 'runtime', have: runtime };
  // Another ONNX's weights in an engine are undefined behaviour (kREFIT_IDENTICAL), not just a worse picture.
  if (entry.onnxSha256 !== card.onnx.sha256) return { kind: 'onnx' };
  if (!profile) return { kind: 'profile' };
  if (!targetsFor(gpu.computeCapability).includes(entry.target)) return { kind: 'gpu' };
  if (profile.vramBytes > gpu.vramBytes) return { kind: 'memory', needBytes: profile.vramBytes };
  return undefined;
}

/** The one reason of all refusals that a person can do most about. */
function whyNone(gpu: Gpu, runtime: string, card: ModelCard, refused: Refusal[]): AppError {
  const other = refused[0]?.entry;
  if (other && refused.every(({ reason }) => reason.kind === 'unserved')) return refusedBy(other.runtime, gpu);
  if (other && refused.every(({ entry }) => entry.runtime !== runtime))
    return new AppError('RUNTIME_MISMATCH', { have: runtime, need: other.runtime });
  const needs = refused.flatMap(({ reason }) => (reason.kind === 'memory' ? [reason.needBytes] : []));
  if (needs.length > 0)
    return new AppError('GPU_TOO_SMALL', { gpu: gpu.name, haveBytes: gpu.vramBytes, needBytes: Math.min(...needs) });
  const isStale = refused.some(({ reason }) => reason.kind === 'onnx');
  return new AppError('ENGINE_NONE', { model: card.name, gpu: gpu.name }, isStale ? 'engines of another ONNX' : '');
}

const refusedBy = (runtime: string, { name, computeCapability }: Gpu): AppError =>
  new AppError(
    'RUNTIME_REFUSES_GPU',
    { gpu: name },
    `${runtime} does not run on compute capability ${formatCapability(computeCapability)}`,
  );

/** Why no engine could ever serve this GPU. */
function unserved(gpu: Gpu): AppError {
  const detail = `compute capability ${formatCapability(gpu.computeCapability)}, needed: 7.5 or from 8.0 on`;
  return sm(gpu.computeCapability) < turing
    ? new AppError('GPU_TOO_OLD', { gpu: gpu.name }, detail)
    : new AppError('ENGINE_NONE', { model: 'Refit', gpu: gpu.name }, detail);
}
