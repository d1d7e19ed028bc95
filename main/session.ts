/** An open model, ready to run: on the GPU through the addon, or on the processor through ONNX Runtime. */
import type { ModelCard, Profile } from '../app/catalog';
import { AppError } from '../app/errors';
import { compareGolden, type GoldenVerdict } from '../app/golden';
import { type Timed, usefulEach } from '../app/race';
import type { Rect } from '../app/tiles';
import type { CheckedBinding, NativeError, Session } from '../native/binding';
import type { Golden } from './verify';

export interface Tensor {
  shape: number[];
  bytes: Uint8Array;
}

/** What infer.ts needs of a session, whichever device it runs on. */
export interface ModelSession {
  card: ModelCard;
  /** Side lengths of the input in pixels. */
  width: number;
  height: number;
  /** Tiles worth having under way at once: several where the device works beside the copying, one where it is the copying. */
  lanes: number;
  /** @param pixels uint8 `[1, height, width, 3]`. @returns the card's outputs, in its order. */
  run(pixels: Uint8Array): Promise<Tensor[]>;
  /**
   * Of a `tiles` model.
   * @param crop the part of the enlarged tile that is wanted. @param rgb uint8 `[crop.height, crop.width, 3]`, filled.
   */
  runTile(pixels: Uint8Array, crop: Rect, rgb: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

export interface GpuSession extends ModelSession {
  native: Session;
  cudaGraph: boolean;
}

/**
 * Opens a plan.
 * @param entry plan and compiled kernels, fresh from a refit or with hashes just checked; no kernels: compile (seconds).
 * @throws AppError SESSION_FAILED, OUT_OF_VRAM.
 */
export async function openGpu(
  binding: CheckedBinding,
  card: ModelCard,
  profile: Profile,
  entry: { plan: Uint8Array; kernels?: Uint8Array },
  gpu: number,
  cudaGraph: boolean = card.cudaGraph,
): Promise<GpuSession> {
  const failed = (detail: string) => new AppError('SESSION_FAILED', { model: card.name }, detail);
  let native: Session;
  try {
    native = await binding.openSession(entry.plan, {
      cudaGraph,
      device: gpu,
      ...(entry.kernels && { runtimeCache: entry.kernels }),
    });
  } catch (error) {
    throw nativeError(error, failed, card.name);
  }
  const order = card.outputs.map(({ name }) => native.outputs.findIndex((output) => output.name === name));
  if (order.includes(-1)) {
    await native.close();
    throw failed(`The plan's outputs are ${native.outputs.map(({ name }) => name).join(', ')}`);
  }
  const run = async (pixels: Uint8Array, outputs: Uint8Array[], crop?: Rect): Promise<void> => {
    try {
      await native.run([pixels], outputs, crop);
    } catch (error) {
      throw nativeError(error, (detail) => new AppError('RUN_FAILED', { model: card.name }, detail), card.name);
    }
  };
  return {
    card,
    width: profile.width,
    height: profile.height,
    lanes: lanesOf(profile),
    native,
    runTile: (pixels, crop, rgb) => run(pixels, [rgb], crop),
    cudaGraph,
    run: async (pixels) => {
      const buffers = native.outputs.map(({ bytes }) => new Uint8Array(bytes));
      await run(pixels, buffers);
      return order.map((i) => ({ shape: native.outputs[i]?.shape ?? [], bytes: buffers[i] ?? new Uint8Array() }));
    },
    close: () => native.close(),
  };
}

/** Runs the golden picture. The caller throws the plan away where the verdict is not `passed`. */
export async function checkGolden(session: ModelSession, golden: Golden): Promise<GoldenVerdict> {
  const outputs = await session.run(golden.input);
  const inManifestOrder = golden.outputs.map(({ name }) => {
    const i = session.card.outputs.findIndex((output) => output.name === name);
    return outputs[i]?.bytes ?? new Uint8Array();
  });
  return compareGolden(golden.outputs, session.card.outputs, inManifestOrder, golden.reference);
}

/** The addon's three runs at once, and tiles on their way in and out; large ones take longer, but much memory too. */
export const lanesOf = ({ width, height }: Pick<Profile, 'width' | 'height'>): number =>
  width * height > 256 * 256 ? 6 : 12;

/** How long a session is timed, and before that run to bring an idle GPU's clocks up. */
const timingMs = 80;
const warmUpMs = 40;

/** Times the bare network, for a race: a quarter of a second where a run takes milliseconds. @throws AppError RUN_FAILED. */
export async function timeSession({ card, width, height, native }: GpuSession): Promise<Timed> {
  const runsIn = (ms: number, latencyMs: number): number => Math.min(400, Math.max(3, Math.round(ms / 2 / latencyMs)));
  try {
    const first = await native.measure(1);
    // One of a long network has warmed it up already.
    if (first.latencyMs < warmUpMs / 4) await native.measure(runsIn(warmUpMs, first.latencyMs));
    const { latencyMs, tilesPerSecond } = await native.measure(runsIn(2 * timingMs, first.latencyMs));
    const usefulPerSecond = tilesPerSecond * usefulEach(card, { width, height });
    return { kind: 'timed', latencyMs, tilesPerSecond, usefulPerSecond };
  } catch (error) {
    throw nativeError(error, (detail) => new AppError('RUN_FAILED', { model: card.name }, detail), card.name);
  }
}

/**
 * A NativeError in Refit's words. What is not the call's own fault is told apart: too little memory, a GPU that is gone, and a
 * fault of the GPU, after which nothing runs in this process. All else is what the caller was doing.
 */
export function nativeError(error: unknown, otherwise: (detail: string) => AppError, model: string): AppError {
  const { code, message, detail } = error as Partial<NativeError>;
  const lines = [code, message, detail].filter(Boolean).join('\n');
  switch (code) {
    case 'OUT_OF_VRAM':
    case 'OUT_OF_MEMORY':
      return new AppError(code, { model }, lines);
    case 'DRIVER_MISSING':
      return new AppError('DRIVER_MISSING', {}, lines);
    case 'GPU_MISSING':
      return new AppError('GPU_NONE', {}, lines);
    // The library says RUN_FAILED where it met a fault before CUDA told us; such a fault stays with the process.
    case 'CUDA':
    case 'RUN_FAILED':
      return new AppError('GPU_FAULT', { model }, lines);
    default:
      return otherwise(lines || String(error));
  }
}
