/**
 * The one typed mirror of the native addon (`native/build/refit-<runtime>.node`). Script validates, C++ acts; every
 * failure is a NativeError. All long calls run off the JavaScript thread.
 */
import type { Machine } from '../app/machine';
import type { Rect } from '../app/tiles';

export type NativeErrorCode =
  | 'BAD_ARGUMENT'
  | 'LIBRARY_MISSING'
  | 'LIBRARY_VERSION'
  | 'DRIVER_MISSING'
  | 'GPU_MISSING'
  | 'CUDA'
  | 'OUT_OF_VRAM'
  | 'OUT_OF_MEMORY'
  | 'ONNX_INVALID'
  | 'BUILD_FAILED'
  | 'ENGINE_INVALID'
  | 'REFIT_FAILED'
  | 'WEIGHTS_MISSING'
  | 'SERIALIZE_FAILED'
  | 'SESSION_FAILED'
  | 'SESSION_CLOSED'
  | 'RUN_FAILED';

/** An Error with a code and, in `detail`, the engine library's own log lines of that call ('' if it said nothing). */
export interface NativeError extends Error {
  code: NativeErrorCode;
  detail: string;
}

export interface BuildOptions {
  /** Strip the weights (kSTRIP_PLAN). Needs a GPU; a full build does not. */
  strip: boolean;
  /** 'identical': kREFIT_IDENTICAL. 'any': kREFIT. 'none': neither. */
  refit: 'identical' | 'any' | 'none';
  /** Compute capabilities to build for, as SM numbers (75, 86, 89 …). Empty: the library's default, the portable engine. */
  computeCapabilities: number[];
  /**
   * Fixed input shape [height, width] for networks whose input is dynamic: the network's first input, `[1, H, W, 3]`,
   * is given these dimensions before the build, so that the engine is fully static.
   */
  shape: [height: number, width: number];
  /** CUDA device ordinal of the GPU to build on; 0 where omitted. */
  device?: number;
}

/** Weights put back so far; bytes where the library tells them, else 0. */
export interface RefitProgress {
  weightsDone: number;
  weightsTotal: number;
  bytesDone: number;
  bytesTotal: number;
}

export interface RefitResult {
  /** Serialized with weights (kEXCLUDE_WEIGHTS cleared). */
  plan: Uint8Array;
  weights: number;
  weightBytes: number;
  /** Wall clock: loading the stripped engine, putting the weights back (the ONNX read included), serializing. */
  deserializeMs: number;
  refitMs: number;
  serializeMs: number;
}

export interface TensorInfo {
  name: string;
  dtype: 'uint8' | 'float32';
  shape: number[];
  bytes: number;
}

export interface SessionOptions {
  /** Compiled kernels of an earlier session (`Session.runtimeCache()`); omitted: compile. */
  runtimeCache?: Uint8Array;
  /** Launch the network as one CUDA graph (CudaGraphStrategy::kWHOLE_GRAPH_CAPTURE). */
  cudaGraph?: boolean;
  /** CUDA device ordinal; 0 where omitted. */
  device?: number;
}

export interface Measurement {
  iterations: number;
  /** Median over iterations of the network run and synchronized, its input and outputs on the device. */
  latencyMs: number;
  /** Iterations per second of the bare loop: copy in, run, copy out, synchronize; all from C++, nothing of ours between. */
  tilesPerSecond: number;
}

export interface Session {
  readonly inputs: TensorInfo[];
  readonly outputs: TensorInfo[];
  /** Device memory that this session took, measured around its making. */
  readonly vramBytes: number;
  /** Whether the runtime cache given was taken; false where there was none or it did not fit (other GPU, driver, damage). */
  readonly runtimeCacheUsed: boolean;
  /** Making of the execution context (the JIT, or its cache), wall clock. */
  readonly contextMs: number;
  /** Deserialization of the plan, wall clock. */
  readonly deserializeMs: number;
  /**
   * One inference. Buffers must have the sizes that inputs and outputs say. Three calls may be under way at once (the
   * others' copies overlap the run of one); more wait their turn. The buffers are read and written off this
   * thread: leave them alone, and do not transfer them, until the promise is settled.
   * @param crop the part of the first output, uint8 `[1, H, W, C]`, that is wanted: `outputs` is then one buffer of
   * crop.height × crop.width × C bytes.
   */
  run(inputs: Uint8Array[], outputs: Uint8Array[], crop?: Rect): Promise<void>;
  /** Runs the network in a bare C++ loop, for bench and GPU tests. */
  measure(iterations: number): Promise<Measurement>;
  /** Compiled kernels, to be kept with the plan. Throws while nothing was compiled. */
  runtimeCache(): Uint8Array;
  /** Frees everything on the device, after runs under way have ended. Idempotent; later calls throw SESSION_CLOSED. */
  close(): Promise<void>;
}

export interface EngineValidity {
  valid: boolean;
  /** Plain reasons of an engine's being invalid here: 'version', 'computeCapability', 'driver', 'memory', 'malformed', 'other'. */
  reasons: string[];
}

export interface Binding {
  /** Runtime that this addon was compiled against and its version, "tensorrt-rtx 1.6.1". */
  readonly runtime: string;
  /**
   * Facts about driver, GPUs and libraries, each alone. Never throws. Opens the libraries from `libraryDir` ('' lets the
   * system find them); the folder of the first call that finds them stays for the process.
   */
  probe(libraryDir: string): Machine;
  /** Free and total memory of a GPU, now; `device` is its CUDA ordinal, 0 where omitted. */
  vram(device?: number): { freeBytes: number; totalBytes: number };
  /** Header check of an engine or a plan: does it fit this machine? No tamper check. Without a GPU: reason 'driver'. */
  engineValidity(engine: Uint8Array, device?: number): EngineValidity;
  /**
   * Builds an engine. Needs `probe` to have found runtime and parser; `strip` needs a GPU.
   * @param onnx the ONNX file's bytes.
   * @param onProgress called with 0…1.
   */
  buildEngine(onnx: Uint8Array, options: BuildOptions, onProgress?: (fraction: number) => void): Promise<Uint8Array>;
  /** Puts the weights of `onnx` into a stripped engine and serializes the plan. Needs a GPU. */
  refit(
    engine: Uint8Array,
    onnx: Uint8Array,
    onProgress?: (progress: RefitProgress) => void,
    device?: number,
  ): Promise<RefitResult>;
  /** Opens a plan for inference. Needs a GPU. `plan` must be bytes whose hash was just checked: a plan is native code. */
  openSession(plan: Uint8Array, options?: SessionOptions): Promise<Session>;
}
