/**
 * The one typed mirror of the native addon (`native/build/refit-<runtime>.node`). C++ checks its own arguments; every
 * failure is a NativeError. All long calls run off the JavaScript thread.
 */
import type { Machine } from '../app/machine';
import type { Rect } from '../app/tiles';
import type { PictureFacts } from './pixels';

export type NativeErrorCode =
  | 'BAD_ARGUMENT'
  | 'LIBRARY_MISSING'
  | 'LIBRARY_VERSION'
  | 'DRIVER_MISSING'
  | 'GPU_MISSING'
  | 'CUDA'
  | 'OUT_OF_VRAM'
  | 'OUT_OF_MEMORY'
  | 'FILE_FAILED'
  /** No space is left where a picture file lies. */
  | 'FILE_FULL'
  | 'ONNX_INVALID'
  | 'BUILD_FAILED'
  | 'ENGINE_INVALID'
  | 'REFIT_FAILED'
  | 'WEIGHTS_MISSING'
  | 'SERIALIZE_FAILED'
  | 'SESSION_FAILED'
  | 'SESSION_CLOSED'
  | 'RUN_FAILED';

/**
 * An Error with a code and, in `detail`, what else is known of that call, a line each: the parser's errors, missing weights, a fault of
 * the GPU, the engine library's log. '' where nothing is.
 */
export interface NativeError extends Error {
  code: NativeErrorCode;
  detail: string;
}

/** The GPU that a call uses. */
export interface DeviceOptions {
  /** CUDA device ordinal; 0 where omitted. */
  device?: number;
}

export interface BuildOptions extends DeviceOptions {
  /** Strip the weights (kSTRIP_PLAN). Needs a GPU; a full build does not. */
  strip: boolean;
  /** 'identical': kREFIT_IDENTICAL. 'any': kREFIT. 'none': neither. */
  refit: 'identical' | 'any' | 'none';
  /** Compute capabilities to build for, as SM numbers (75, 86, 89 …). Empty: the library's default, the portable engine. */
  computeCapabilities: number[];
  /**
   * Fixed input shape [height, width] for networks whose input is dynamic: the network's first input, `[1, H, W, 3]`,
   * is given these dimensions before the build, so that the engine is fully static. Omitted: the network's own shapes,
   * which must be fixed.
   */
  shape?: [height: number, width: number];
}

/** Weights that were put in so far; their bytes where the library reports them, else 0. */
export interface RefitProgress {
  weightsDone: number;
  weightsTotal: number;
  bytesDone: number;
  bytesTotal: number;
}

/** An initializer that is stored outside its ONNX file. `native/onnx.ts` finds them, and refuses files outside the model's folder. */
export interface ExternalTensor {
  name: string;
  file: string;
  offset: number;
  bytes: number;
}

/** An ONNX model on disk, with all of its initializers in other files: the library itself opens none. */
export interface OnnxFile {
  file: string;
  external: ExternalTensor[];
}

/** An engine's bytes, or its file's path: a file is read without a copy on the host. */
export type EngineSource = Uint8Array | string;

/**
 * Where weights come from: an ONNX file's bytes; an ONNX file; or tensors by the names that `engineWeights` returns, which
 * needs no ONNX and no parser, and may be only some where the engine has the others already.
 */
export type WeightSource = Uint8Array | OnnxFile | Map<string, Uint8Array>;

/** A weight that an engine takes, by name. */
export interface WeightInfo {
  name: string;
  dtype: DType;
  /** Elements. */
  count: number;
  bytes: number;
}

export interface RefitOptions extends DeviceOptions {
  /** The plan takes weights again (kINCLUDE_REFIT), where its engine was built with `refit: 'any'`. */
  keepRefittable?: boolean;
  /** The engine is a plan with weights: those that are not given stay. Without this, all weights must be given. */
  changedOnly?: boolean;
  /** Writes and syncs the plan there instead of returning it: Node's buffers end where large plans begin. */
  planFile?: string;
}

export interface RefitResult {
  /** Serialized with weights (kEXCLUDE_WEIGHTS cleared); empty where it was written to `planFile`. */
  plan: Uint8Array;
  planBytes: number;
  /** Weights put in, and their bytes. */
  weights: number;
  weightBytes: number;
  /** Names of the ONNX initializers that weights were made of; none for tensors. Other initializers need a new engine to change. */
  sources: string[];
  /** Wall clock: loading the engine, putting the weights in (the ONNX read included), serializing, writing the file. */
  deserializeMs: number;
  refitMs: number;
  serializeMs: number;
  writeMs: number;
}

export interface BuiltFile {
  bytes: number;
  /** Wall clock: parsing and building, and writing the file. */
  buildMs: number;
  writeMs: number;
}

export type DType =
  | 'uint8'
  | 'float32'
  | 'float16'
  | 'bfloat16'
  | 'int8'
  | 'int32'
  | 'int64'
  | 'bool'
  /** Any type that Refit has no name for. */
  | 'other';

export interface TensorInfo {
  name: string;
  dtype: DType;
  shape: number[];
  bytes: number;
}

export interface SessionOptions extends DeviceOptions {
  /** Compiled kernels of an earlier session (`Session.runtimeCache()`); omitted: compile. */
  runtimeCache?: Uint8Array;
  /** Launch the network as one CUDA graph (CudaGraphStrategy::kWHOLE_GRAPH_CAPTURE). */
  cudaGraph?: boolean;
}

/**
 * What a session runs, one of three:
 * - a plan's bytes, whose hash was just checked.
 * - a plan's file, likewise checked, which is read straight to the GPU without a copy on the host. It must have `bytes` bytes: the
 *   engine library does not notice a missing end (seen with 1.6.1, 1000 bytes short). With `deferWeights` the context is made while the
 *   disk is read, and the weights are loaded afterwards.
 * - an engine and weights to put into it. No plan is made, so that the weights of a large model are not on the disk twice.
 */
export type SessionSource =
  | Uint8Array
  | { file: string; bytes: number; deferWeights?: boolean }
  | { engine: EngineSource; weights: WeightSource };

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
  /** Whether the library took the runtime cache; false where none was given or it did not fit (another GPU or driver, damage). */
  readonly runtimeCacheUsed: boolean;
  /** Time to make the execution context, by compiling or from the cache; wall clock. */
  readonly contextMs: number;
  /** Time to deserialize the plan; wall clock. */
  readonly deserializeMs: number;
  /** Time to put weights in, or to load deferred ones; wall clock. 0 where they came with the plan. */
  readonly weightsMs: number;
  /**
   * One inference. Buffers must have the sizes that inputs and outputs say. Three calls may be under way at once (the
   * others' copies overlap the run of one); more wait their turn. The buffers are read and written off this
   * thread: leave them alone, and do not transfer them, until the promise is settled.
   * @param crop the part of the first output, uint8 `[1, H, W, C]`, that is wanted: `outputs` is then one buffer of
   * crop.height × crop.width × C bytes.
   */
  run(inputs: Uint8Array[], outputs: Uint8Array[], crop?: Rect): Promise<void>;
  /**
   * Runs tiles of one picture file into another (pixels.ts), several under way at once, so that the GPU does not wait: one call a job.
   * For networks of one input, which like the first output is uint8 `[1, H, W, channels]`. No `run` is under way meanwhile; calls wait
   * their turn.
   * @param result its pixels are stored where it lies; their space is reserved first.
   * @param tiles 8 numbers each: x, y of the tile in the source, which is mirrored beyond its last column and row; x, y, width, height of
   * the core in the tile's output; x, y where the core goes in the result. Cores do not overlap.
   * @param onDone gets the indices of the tiles that were stored since its last call, at most 60 times a second; each is reported exactly
   * once, before the promise is settled.
   * @returns 'stopped' after `stopTiles` or `close`, unless no tile was left.
   * @throws NativeError RUN_FAILED, CUDA, OUT_OF_VRAM, FILE_FULL, FILE_FAILED, BAD_ARGUMENT; what `onDone` got is in the result all the same.
   */
  runTiles(
    source: PictureFacts,
    result: PictureFacts,
    tiles: Uint32Array,
    onDone: (indices: Uint32Array) => void,
  ): Promise<'done' | 'stopped'>;
  /** Ends `runTiles`: no further tile begins, and those under way are finished and reported. */
  stopTiles(): void;
  /** Runs the network in a bare C++ loop, for bench and GPU tests. */
  measure(iterations: number): Promise<Measurement>;
  /** Compiled kernels, to be stored with the plan. Throws while nothing was compiled. */
  runtimeCache(): Uint8Array;
  /** Frees everything on the device, after runs under way have ended. Idempotent; later calls throw SESSION_CLOSED. */
  close(): Promise<void>;
}

export interface EngineValidity {
  valid: boolean;
  /** Why an engine is invalid here: 'version', 'computeCapability', 'driver', 'memory', 'malformed', 'other'. */
  reasons: string[];
}

export interface Binding {
  /** Runtime that this addon was compiled against and its version, "tensorrt-rtx 1.6.1". */
  readonly runtime: string;
  /** Facts about driver and GPUs, each alone. Never throws, and opens no engine library. */
  findDriver(): Pick<Machine, 'driver' | 'gpus'>;
  /** Opens the libraries as `probe` does. Never throws. */
  openLibraries(libraryDir: string): Pick<Machine, 'runtime' | 'parser'>;
  /**
   * Facts about driver, GPUs and libraries, each alone. Never throws. Opens the libraries from `libraryDir` ('' lets the
   * system find them); the folder of the first call that finds them stays for the process.
   */
  probe(libraryDir: string): Machine;
  /** Free and total memory of a GPU, now. */
  vram(options?: DeviceOptions): { freeBytes: number; totalBytes: number };
  /** Header check of an engine or a plan: does it fit this machine? No tamper check. Without a GPU: reason 'driver'. */
  engineValidity(engine: Uint8Array, options?: DeviceOptions): EngineValidity;
  /**
   * Builds an engine. Runtime and parser must have been found (`probe`, `openLibraries`); `strip` needs a GPU.
   * @param onnx the ONNX file's bytes.
   * @param onProgress called with 0…1.
   */
  buildEngine(onnx: Uint8Array, options: BuildOptions, onProgress?: (fraction: number) => void): Promise<Uint8Array>;
  /**
   * The same from a file, external data and all, into a file: for models and plans that no buffer holds.
   * @param engineFile written and synced; what was there is replaced. null: only built, to be measured.
   */
  buildEngineFile(
    onnx: OnnxFile,
    engineFile: string | null,
    options: BuildOptions,
    onProgress?: (fraction: number) => void,
  ): Promise<BuiltFile>;
  /** Weights that an engine or a refittable plan takes. Needs a GPU. ENGINE_INVALID for one that takes none. */
  engineWeights(engine: EngineSource, options?: DeviceOptions): Promise<WeightInfo[]>;
  /**
   * Puts weights into a stripped engine, or others into a refittable plan, and serializes the plan. Needs a GPU.
   * WEIGHTS_MISSING where the engine then lacks any, BAD_ARGUMENT for tensors that it does not have or of another size.
   */
  refit(
    engine: EngineSource,
    weights: WeightSource,
    options?: RefitOptions,
    onProgress?: (progress: RefitProgress) => void,
  ): Promise<RefitResult>;
  /** Opens a plan for inference. Needs a GPU. The hash of plan or engine must have been checked: a plan is native code. */
  openSession(plan: SessionSource, options?: SessionOptions): Promise<Session>;
}

/**
 * What the app itself calls: bytes whose hash was just checked, never a path, since what a path names may change between the
 * check and the use.
 */
export interface CheckedBinding
  extends Pick<Binding, 'runtime' | 'findDriver' | 'openLibraries' | 'vram' | 'engineValidity'> {
  refit(
    engine: Uint8Array,
    weights: Uint8Array | Map<string, Uint8Array>,
    options?: Omit<RefitOptions, 'planFile'>,
    onProgress?: (progress: RefitProgress) => void,
  ): Promise<RefitResult>;
  openSession(plan: Uint8Array, options?: SessionOptions): Promise<Session>;
}
