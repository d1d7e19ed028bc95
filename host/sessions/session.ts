/** Sessions: models that are open and ready to run, by TensorRT-RTX through the addon. onnx.ts has those of ONNX Runtime. */
import type { ModelCard, Profile } from '../../app/catalog';
import { AppError } from '../../app/errors';
import { compareGolden, type GoldenVerdict } from '../../app/golden';
import { type Timed, usefulEach } from '../../app/race';
import type { Rect } from '../../app/tiles';
import type { CheckedBinding, NativeError, Session } from '../../native/binding';
import type { PictureFacts } from '../../native/pixels';
import type { Golden } from '../../storage/verify';

export interface Tensor {
  shape: number[];
  bytes: Uint8Array;
}

/** A tile of a picture: where it begins, the part of its output to keep, and that part's place in the result. */
export interface PlacedTile {
  x: number;
  y: number;
  crop: Rect;
  rect: Rect;
}

/** A session on any device, as infer.ts uses it. */
export interface ModelSession {
  card: ModelCard;
  /** Side lengths of the input in pixels. */
  width: number;
  height: number;
  /** @param pixels uint8 `[1, height, width, 3]`. @returns the card's outputs, in its order. */
  run(pixels: Uint8Array): Promise<Tensor[]>;
  /**
   * Runs a `tiles` model from one picture file into another, one such call at a time.
   * @param onDone gets the indexes, in `tiles`, of tiles whose pixels lie in the result.
   * @throws AppError RUN_FAILED, GPU_FAULT, RESULT_DISK_FULL and others of `nativeError`.
   */
  runTiles(
    source: PictureFacts,
    result: PictureFacts,
    tiles: readonly PlacedTile[],
    onDone: (indices: Iterable<number>) => void,
  ): Promise<'done' | 'stopped'>;
  /** Ends `runTiles` at the next tile. */
  stopTiles(): void;
  close(): Promise<void>;
}

export interface GpuSession extends ModelSession {
  native: Session;
  cudaGraph: boolean;
}

/**
 * Opens a plan.
 * @param entry plan and kernels, fresh from a refit or with hashes just checked. Without kernels it compiles them, for seconds.
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
    throw failed(`outputs of the plan: ${native.outputs.map(({ name }) => name).join(', ')}`);
  }
  const told = <T>(work: Promise<T>): Promise<T> =>
    work.catch((error: unknown) => {
      throw nativeError(error, (detail) => new AppError('RUN_FAILED', { model: card.name }, detail), card.name);
    });
  return {
    card,
    width: profile.width,
    height: profile.height,
    native,
    runTiles: (source, result, tiles, onDone) => told(native.runTiles(source, result, packed(tiles), onDone)),
    stopTiles: () => native.stopTiles(),
    cudaGraph,
    run: async (pixels) => {
      const buffers = native.outputs.map(({ bytes }) => new Uint8Array(bytes));
      await told(native.run([pixels], buffers));
      return order.map((i) => ({ shape: native.outputs[i]?.shape ?? [], bytes: buffers[i] ?? new Uint8Array() }));
    },
    close: () => native.close(),
  };
}

/** Runs the golden picture. The caller drops the plan if the verdict is not `passed`. */
export async function checkGolden(session: ModelSession, golden: Golden): Promise<GoldenVerdict> {
  const outputs = await session.run(golden.input);
  const inManifestOrder = golden.outputs.map(({ name }) => {
    const i = session.card.outputs.findIndex((output) => output.name === name);
    return outputs[i]?.bytes ?? new Uint8Array();
  });
  return compareGolden(golden.outputs, session.card.outputs, inManifestOrder, golden.reference);
}

/** Tiles in the addon's form (binding.d.ts): eight numbers each. */
const packed = (tiles: readonly PlacedTile[]): Uint32Array =>
  Uint32Array.from(
    tiles.flatMap(({ x, y, crop, rect }) => [x, y, crop.x, crop.y, rect.width, rect.height, rect.x, rect.y]),
  );

/** How long a session is timed, and how long it runs before that to bring an idle GPU's clocks up. */
const timingMs = 160;
const warmUpMs = 40;

/** Times the bare network for the race: a quarter of a second if a run takes milliseconds. @throws AppError RUN_FAILED. */
export async function timeSession({ card, width, height, native }: GpuSession): Promise<Timed> {
  // `measure` makes all its runs twice: for the latency, and for the throughput.
  const runsIn = (ms: number, latencyMs: number): number => Math.min(400, Math.max(3, Math.round(ms / 2 / latencyMs)));
  try {
    const first = await native.measure(1);
    // One run of a long network is enough to warm up.
    if (first.latencyMs < warmUpMs / 4) await native.measure(runsIn(warmUpMs, first.latencyMs));
    const { latencyMs, tilesPerSecond } = await native.measure(runsIn(timingMs, first.latencyMs));
    const usefulPerSecond = tilesPerSecond * usefulEach(card, { width, height });
    return { kind: 'timed', latencyMs, tilesPerSecond, usefulPerSecond };
  } catch (error) {
    throw nativeError(error, (detail) => new AppError('RUN_FAILED', { model: card.name }, detail), card.name);
  }
}

/**
 * Makes an AppError of a NativeError. Too little memory, a missing GPU and a GPU fault, after which nothing runs in this process, get
 * codes of their own. Any other error gets the code of what the caller was doing.
 */
export function nativeError(error: unknown, otherwise: (detail: string) => AppError, model: string): AppError {
  const { code, message, detail } = error as Partial<NativeError>;
  const lines = [code, message, detail].filter(Boolean).join('\n');
  switch (code) {
    case 'OUT_OF_VRAM':
    case 'OUT_OF_MEMORY':
      return new AppError(code, { model }, lines);
    case 'FILE_FULL':
      return new AppError('RESULT_DISK_FULL', {}, lines);
    case 'DRIVER_MISSING':
      return new AppError('DRIVER_MISSING', {}, lines);
    case 'GPU_MISSING':
      return new AppError('GPU_NONE', {}, lines);
    // The library reports RUN_FAILED if it meets a GPU fault before CUDA reports it. Such a fault stays with the process.
    case 'CUDA':
    case 'RUN_FAILED':
      return new AppError('GPU_FAULT', { model }, lines);
    default:
      return otherwise(lines || String(error));
  }
}
