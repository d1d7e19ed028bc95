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
 * Which device works: the best GPU that any engine could serve, or the processor and why.
 * The first thing that is missing is told, in the order in which a person would mend it.
 *
 * CUDA numbers GPUs from the fastest on, so of several the first is taken; but Turing comes last, for which TensorRT-RTX
 * is little tuned (users measured an RTX 2060 at 15 × the time of an RTX 3060).
 */
export function selectDevice(machine: Machine): DeviceChoice {
  const { driver, gpus, runtime, parser } = machine;
  if (driver.kind === 'unknown') return cpu(new AppError('DRIVER_MISSING', {}, driver.reason));
  if (gpus.kind === 'unknown') return cpu(new AppError('GPU_NONE', {}, gpus.reason));
  const byIndex = [...gpus.value].sort((a, b) => a.index - b.index);
  const first = byIndex[0];
  if (!first) return cpu(new AppError('GPU_NONE', {}));
  const served = byIndex.filter((gpu) => targetsFor(gpu.computeCapability).length > 0);
  const best = served.find((gpu) => sm(gpu.computeCapability) !== turing) ?? served[0];
  if (!best) return cpu(unserved(byIndex.find((gpu) => sm(gpu.computeCapability) > turing) ?? first));
  if (driver.value.cudaVersion < oldestCuda)
    return cpu(new AppError('DRIVER_TOO_OLD', { version: driver.value.version, needed: oldestDriver }));
  if (runtime.kind === 'unknown')
    return cpu(new AppError('RUNTIME_MISSING', { library: 'TensorRT-RTX' }, runtime.reason));
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
  // Another ONNX's weights in an engine are undefined behaviour (kREFIT_IDENTICAL), not just a worse picture.
  if (current.length === 0)
    return none(
      new AppError(
        'ENGINE_NONE',
        { model: card.name, gpu: gpu.name },
        'Its engines were built from another ONNX file.',
      ),
    );

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
 * Targets that serve a compute capability, best first. TensorRT-RTX 1.6's own list is 7.5, 8.0, 8.6, 8.9, 12.0 and 12.1.
 * - Turing (7.5) has its own engine and is outside the portable one. GTX 16 cards are 7.5 as well: without tensor cores,
 *   so slower, but the same code runs.
 * - The portable engine names 8.0, 8.6, 8.9 and 12.0 and is compiled on the user's machine, so it is offered to whatever
 *   else is newer: seen working on 9.0, not yet seen on 10.x or anything after 12.0. Should one of them refuse it, the
 *   header check or the golden check says so before a picture is made.
 * - Jetson chips are out: no TensorRT-RTX lists them, and code for desktop GPUs of the same generation does not run there.
 */
export function targetsFor(capability: ComputeCapability): Target[] {
  const number = sm(capability);
  if (number === turing) return ['turing'];
  if (number < 80 || jetson.includes(number)) return [];
  if (number === 86) return ['ampere', 'portable'];
  if (number === 89) return ['ada', 'portable'];
  return ['portable'];
}

const turing = 75;
/** Orin, and Thor by its two numbers (CUDA 12 and 13). */
const jetson = [87, 101, 110];

/** The SM number, as NVIDIA writes it: 8.9 is 89. */
const sm = ({ major, minor }: ComputeCapability): number => major * 10 + minor;

/** Why no engine could ever serve this GPU. */
function unserved(gpu: Gpu): AppError {
  const detail = `Compute capability ${formatCapability(gpu.computeCapability)}; 7.5, 8.0 or newer is needed.`;
  return sm(gpu.computeCapability) < turing
    ? new AppError('GPU_TOO_OLD', { gpu: gpu.name }, detail)
    : new AppError('ENGINE_NONE', { model: 'Refit', gpu: gpu.name }, detail);
}

const families: Record<Exclude<Target, 'portable'>, string> = { turing: 'Turing', ampere: 'Ampere', ada: 'Ada' };

function why(gpu: Gpu, { target }: EngineEntry): string {
  return target === 'portable'
    ? `Made for every NVIDIA card since Ampere, ${gpu.name} among them.`
    : `Made for ${families[target]}, the generation of ${gpu.name}.`;
}
