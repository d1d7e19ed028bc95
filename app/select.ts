/** (machine, card, catalog) → engine, or the reason why not. Pure: decides, never acts. */
import type { Catalog, EngineEntry, ModelCard, Profile, Target } from './catalog';
import { AppError, type ErrorReport } from './errors';
import { type ComputeCapability, formatCapability, type Gpu, type Machine } from './machine';

/** The oldest driver that serves TensorRT-RTX 1.6's CUDA 12 build, and the CUDA version by which we know it. */
export const oldestDriver = '570';
const oldestCuda = 12080;

/** What a GPU is asked to do for one model. */
export interface Choice {
  entry: EngineEntry;
  profile: Profile;
  /** One sentence: why this engine. */
  why: string;
}

export type DeviceChoice = { kind: 'gpu'; gpu: Gpu } | { kind: 'cpu'; reason: ErrorReport };
export type EngineChoice = { kind: 'engine'; choice: Choice } | { kind: 'none'; reason: ErrorReport };

const none = (error: AppError): { kind: 'none'; reason: ErrorReport } => ({ kind: 'none', reason: error.toReport() });
const cpu = (error: AppError): DeviceChoice => ({ kind: 'cpu', reason: error.toReport() });

/**
 * Which device works: the most capable GPU that any engine could serve, or the processor and why.
 * The first thing that is missing is told, in the order in which a person would mend it.
 */
export function selectDevice(machine: Machine): DeviceChoice {
  const { driver, gpus, runtime, parser } = machine;
  if (driver.kind === 'unknown') return cpu(new AppError('DRIVER_MISSING', {}, driver.reason));
  if (gpus.kind === 'unknown') return cpu(new AppError('GPU_NONE', {}, gpus.reason));
  const best = [...gpus.value].sort(
    (a, b) => rank(b.computeCapability) - rank(a.computeCapability) || b.vramBytes - a.vramBytes || a.index - b.index,
  )[0];
  if (!best) return cpu(new AppError('GPU_NONE', {}));
  if (rank(best.computeCapability) < 75)
    return cpu(new AppError('GPU_TOO_OLD', { gpu: best.name, capability: formatCapability(best.computeCapability) }));
  if (driver.value.cudaVersion < oldestCuda)
    return cpu(
      new AppError('DRIVER_TOO_OLD', { version: driver.value.version ?? 'unknown version', needed: oldestDriver }),
    );
  if (runtime.kind === 'unknown') return cpu(new AppError('RUNTIME_MISSING', { library: 'TensorRT-RTX' }, runtime.reason));
  if (parser.kind === 'unknown')
    return cpu(new AppError('RUNTIME_MISSING', { library: 'TensorRT-RTX ONNX parser' }, parser.reason));
  return { kind: 'gpu', gpu: best };
}

/**
 * Which of a model's engines a GPU gets: its own family's before the portable one, and of the card's profiles the first
 * that fits the GPU's memory.
 */
export function selectEngine(gpu: Gpu, runtime: string, card: ModelCard, catalog: Catalog): EngineChoice {
  const own = catalog.engines.filter((entry) => entry.model === card.id);
  if (own.length === 0) return none(new AppError('ENGINE_NONE', { model: card.name, gpu: gpu.name }));
  const forRuntime = own.filter((entry) => entry.runtime === runtime);
  const other = own[0];
  if (forRuntime.length === 0 && other)
    return none(new AppError('RUNTIME_MISMATCH', { have: runtime, need: other.runtime }));
  const current = forRuntime.filter((entry) => entry.onnxSha256 === card.onnx.sha256);

  let tooSmall: Profile | undefined;
  for (const profile of card.profiles) {
    const fitting = targetsFor(gpu.computeCapability)
      .map((target) => current.find((entry) => entry.profile === profile.id && entry.target === target))
      .find((entry) => entry !== undefined);
    if (!fitting) continue;
    if (profile.vramBytes > gpu.vramBytes) {
      if (!tooSmall || profile.vramBytes < tooSmall.vramBytes) tooSmall = profile;
      continue;
    }
    return { kind: 'engine', choice: { entry: fitting, profile, why: why(gpu, fitting) } };
  }
  if (tooSmall)
    return none(
      new AppError('GPU_TOO_SMALL', { gpu: gpu.name, haveBytes: gpu.vramBytes, needBytes: tooSmall.vramBytes }),
    );
  return none(new AppError('ENGINE_NONE', { model: card.name, gpu: gpu.name }));
}

/**
 * Targets that serve a compute capability, best first. The portable engine holds code for 8.0, 8.6, 8.9 and 12.0 and is
 * compiled for anything newer on the user's machine; Turing (7.5) is outside it.
 */
export function targetsFor(capability: ComputeCapability): Target[] {
  const sm = rank(capability);
  if (sm < 75) return [];
  if (sm < 80) return sm === 75 ? ['turing'] : [];
  if (sm === 86) return ['ampere', 'portable'];
  if (sm === 89) return ['ada', 'portable'];
  return ['portable'];
}

const rank = ({ major, minor }: ComputeCapability): number => major * 10 + minor;

function why(gpu: Gpu, entry: EngineEntry): string {
  const capability = formatCapability(gpu.computeCapability);
  return entry.target === 'portable'
    ? `The portable engine serves ${gpu.name} (compute capability ${capability}).`
    : `The ${entry.target} engine was built for compute capability ${capability}, which ${gpu.name} has.`;
}
