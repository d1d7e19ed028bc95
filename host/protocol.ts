/** What main and the engine host say to each other: every call with its arguments and result, and what comes unasked. */
import type { EngineEntry, KernelsEntry, ModelCard, Profile } from '../app/catalog';
import type { ErrorReport } from '../app/errors';
import type { GoldenVerdict } from '../app/golden';
import type { Machine } from '../app/machine';
import type { Race, Timed } from '../app/race';
import type { Rect } from '../app/tiles';
import type { Rectangle } from '../app/toolAnswer';
import type { RefitProgress, RefitResult } from '../native/binding';
import type { PictureFacts } from '../native/pixels';
import type { Identity } from '../storage/cache';
import type { Applied } from './pixels/apply';
import type { EncodeTask } from './pixels/encode';
import type { Layer } from './pixels/layers';

/**
 * One candidate of one model on one GPU: all that its preparation and its sessions need. Paths come from main alone, never
 * the window.
 */
export interface GpuTask {
  card: ModelCard;
  entry: EngineEntry;
  profile: Profile;
  cudaGraph: boolean;
  /** Kernels that ship with the app and that the library will take here. */
  kernels?: { entry: KernelsEntry; file: string };
  /** CUDA device ordinal. */
  gpu: number;
  /** Of the model on this machine, whichever candidate it is. */
  identity: Identity;
  engineFile: string;
  onnxFile: string;
  /** `models/<id>/prepared`, with the golden picture. */
  preparedDir: string;
  cacheDir: string;
  /** What the cache's entries are sealed with (cacheKey.ts); omitted for a tool's own folder. */
  cacheKey?: string;
  /** The addon and its libraries: a host that was started again loads them at its first task. */
  addon: string;
  libraries: string;
}

export interface KeepTask extends GpuTask {
  /** Omitted: it was the only candidate. */
  race?: Race;
}

/** New weights of a model that is installed: `card`, `identity` and the files are the new version's. */
export interface UpdateTask extends GpuTask {
  /** The version whose cached plan the weights are put into. */
  from: Identity;
  /** What changed; the values lie in the ONNX file. */
  tensors: { name: string; offset: number; bytes: number }[];
}

export interface UpdateFigures extends SessionFacts {
  /** Only the changed tensors, by name; or all weights, found by the ONNX parser, where a name is not the engine's. */
  by: 'tensors' | 'onnx';
  weights: number;
  weightBytes: number;
  planBytes: number;
  refitMs: number;
  serializeMs: number;
  /** From the cached plan to the kept one, everything included. */
  elapsedMs: number;
}

/** A picture through two versions of a model. */
export interface CompareTask {
  versions: [GpuTask, GpuTask];
  picture: Layer;
  /** Of a `tiles` model, where either version's picture goes. */
  results: [PictureFacts, PictureFacts] | null;
}

export interface CpuTask {
  card: ModelCard;
  onnxFile: string;
}

export interface SessionFacts {
  deserializeMs: number;
  contextMs: number;
  vramBytes: number;
  /** Whether the kernels given were taken, so that nothing was compiled. */
  kernelsUsed: boolean;
}

export interface HostCalls {
  /** Loads the addon and gathers facts. */
  detect: { args: { addon: string; libraries: string }; result: Machine };
  /** Removes what a killed host left behind. */
  sweep: { args: { cacheDir: string }; result: null };
  /** Is a whole, trusted entry there, and which candidate is it of? What is not is set aside. */
  lookUp: {
    args: GpuTask;
    result: { kind: 'hit'; race: Race } | { kind: 'absent'; changed?: true } | { kind: 'damaged'; detail: string };
  };
  /**
   * What costs time and decides nothing, done while a person reads the first screen: makes the GPU's context, reads and
   * verifies the first model's files.
   */
  warm: { args: GpuTask; result: null };
  /**
   * Reads engine and ONNX and checks both hashes; they wait in the host for `refit`. Shipped kernels wait with them;
   * `kernelsRefused` says why they do not.
   */
  verify: { args: GpuTask; result: { engineBytes: number; onnxBytes: number; kernelsRefused?: string } };
  /** Puts the weights back and serializes; the plan waits in the host for `check`. */
  refit: {
    args: GpuTask;
    result: Omit<RefitResult, 'plan'> & { planBytes: number };
  };
  /** Opens the serialized plan as the candidate says and runs the golden picture. A candidate that fails is gone. */
  check: { args: GpuTask; result: GoldenVerdict & SessionFacts };
  /** Times a candidate that was checked, for a moment. */
  time: { args: GpuTask; result: Timed };
  /** Writes plan and runtime cache of the winner, which was checked, to the cache; the other candidates are let go. */
  keep: { args: KeepTask; result: null };
  /** Opens a session from the cache (or from what could not be kept), if none is open. */
  openGpu: { args: GpuTask; result: SessionFacts };
  /**
   * Puts new weights into the cached plan of the version before, checks it with the new golden pictures and keeps it as an
   * entry of its own; the old one stays. `absent`: there is no plan that takes weights, so `refit` has to make one.
   */
  update: { args: UpdateTask; result: { kind: 'updated'; figures: UpdateFigures } | { kind: 'absent'; why: string } };
  /** Runs one picture through two versions. The outputs of a `whole` model are answered; of tiles `results` has them. */
  compare: { args: CompareTask; result: [HostEvents['outputs']['outputs'], HostEvents['outputs']['outputs']] | null };
  /** Closes a model's sessions, so that the next one opens what is chosen by then. */
  release: { args: { model: string }; result: null };
  /** Opens an ONNX Runtime session on the processor, if none is open. */
  openCpu: { args: CpuTask; result: null };
  /** Runs a picture through an open session; what is done of the result and outputs come as events. */
  infer: {
    args: {
      jobId: number;
      model: string;
      device: 'gpu' | 'cpu';
      picture: Layer;
      /** Of a `tiles` model, where the enlarged picture goes. */
      result: PictureFacts | null;
      /** Parts of the enlarged picture that are there already, from a try that was cut off; tiles inside them are left out. */
      finished: readonly Rect[];
    };
    result: { kind: 'done' | 'cancelled' };
  };
  /** Runs a picture through an open session of a part of a tool, and answers with its outputs. */
  inferPart: {
    args: { model: string; device: 'gpu' | 'cpu'; width: number; height: number; rgb: Uint8Array };
    result: HostEvents['outputs']['outputs'];
  };
  /** Stops a job at its next tile. */
  cancel: { args: { jobId: number }; result: null };
  /** A part of a layer at another size: RGB, or RGBA of a transparent one. */
  view: { args: Layer & { region: Rect; width: number; height: number }; result: { bytes: Uint8Array } };
  /** A part of a picture turned level: RGBA. */
  cut: { args: Layer & { rectangle: Rectangle; width: number; height: number }; result: { bytes: Uint8Array } };
  /** Does to a picture what a tool answered. */
  apply: { args: Applied; result: null };
  /** Writes a picture into a file; says how far it is by `encoded`. */
  encode: { args: { id: number; task: EncodeTask }; result: { bytes: number } };
  cancelEncode: { args: { id: number }; result: null };
  /** A picture file goes: nothing of it is to be kept mapped. */
  forget: { args: { file: string }; result: null };
}

export type HostCall = keyof HostCalls;

export interface HostEvents {
  refitProgress: { model: string } & RefitProgress;
  tiles: {
    jobId: number;
    done: number;
    total: number;
    /** Parts of the result that are there since the last time. */
    rects: Rect[];
  };
  encoded: { id: number; share: number };
  outputs: {
    jobId: number;
    outputs: { name: string; dtype: 'uint8' | 'float32'; shape: number[]; bytes: Uint8Array }[];
  };
}

export type ToHost = { [C in HostCall]: { id: number; call: C; args: HostCalls[C]['args'] } }[HostCall];

export type FromHost =
  /** Said every second, asked or not (watchdog.ts). */
  | { kind: 'alive' }
  | { kind: 'result'; id: number; value: unknown }
  | { kind: 'error'; id: number; error: ErrorReport }
  | { [E in keyof HostEvents]: { kind: 'event'; event: E; data: HostEvents[E] } }[keyof HostEvents];
