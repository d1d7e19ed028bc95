/**
 * What main and its hosts say to each other: every call with its arguments and its result, and what comes unasked. What a host
 * says is a schema, and its type is inferred: the host meets native code, plans and strangers' pixels, so main parses it
 * (messages.ts) before it believes it.
 */
import { z } from 'zod';
import type { EngineEntry, KernelsEntry, ModelCard, Profile } from '../app/catalog';
import { type ErrorCode, errorParams } from '../app/errorCodes';
import type { ErrorReport } from '../app/errors';
import { maxViewPixels } from '../app/pictureLimits';
import { type CandidateKey, Race, Timed } from '../app/race';
import type { Rect } from '../app/tiles';
import type { Rectangle } from '../app/toolAnswer';

import type { PictureFacts } from '../native/pixels';
import type { Identity } from '../storage/cache';
import type { Applied } from './pixels/apply';
import type { Carried } from './pixels/carry';
import type { EncodeTask } from './pixels/encode';
import type { Layer } from './pixels/layers';

/** A model's files: one row a version of its weights. */
export interface ModelFiles {
  card: ModelCard;
  onnxFile: string;
  /** Holds the golden pictures. */
  preparedDir: string;
}

/** What main chose for one model on the GPU. */
export interface CandidateFiles {
  /** CUDA device ordinal. */
  gpu: number;
  /** Its hash of the ONNX is the chosen version's; a call may name another one. */
  identity: Identity;
  engines: { entry: EngineEntry; file: string; kernels?: { entry: KernelsEntry; file: string } }[];
}

/**
 * What a host process is told before anything is asked of it; calls then name ids, which it looks up here. Paths come from
 * main alone, never the window.
 */
export interface Configuration {
  /** The addon with its libraries, and the folder and key of the cache. */
  engine?: Pick<GpuTask, 'addon' | 'libraries' | 'cacheDir' | 'cacheKey'>;
  models?: ModelFiles[];
  /** None before the GPU was chosen. */
  candidates?: CandidateFiles[];
}

/** Names one version of a model. */
export interface ModelId {
  model: string;
  onnxSha256: string;
}

/** Names one candidate of one version of a model on one GPU. */
export interface TaskId extends ModelId, CandidateKey {
  gpuUuid: string;
  /** See Identity. */
  below?: string;
}

/**
 * One candidate of one model on one GPU: all that its preparation and its sessions need. Main makes them to choose among
 * (main/setup/candidates.ts); a host makes them of an id and its configuration (configured.ts).
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

/** What changed in new weights; the values lie in the new ONNX file. */
export interface ChangedTensors {
  tensors: { name: string; offset: number; bytes: number }[];
}

/** A picture that two versions of a model are compared on. */
export interface Comparison {
  picture: Layer;
  /** Of a `tiles` model, where either version's picture goes. */
  results: [PictureFacts, PictureFacts] | null;
}

/** What each call is asked with. Main is trusted, so a host takes it as it comes; an id that it was not told is refused. */
export interface HostArguments {
  /** Comes before all others (main/hosts/host.ts); a later one takes the place of the earlier. */
  configure: Configuration;
  /** Loads the addon and gathers facts. */
  detect: null;
  /** Removes what a killed host left behind. */
  sweep: null;
  /** Finds an entry by its sealed record alone, and says which candidate it is of. What cannot be trusted is set aside. */
  lookUp: TaskId;
  /**
   * What costs time and decides nothing, done while a person reads the first screen: makes the GPU's context, reads and
   * verifies the first model's files. Answers how much of the GPU's memory is free then.
   */
  warm: TaskId;
  /**
   * Reads engine and ONNX and checks both hashes; they wait in the host for `refit`. Shipped kernels wait with them;
   * `kernelsRefused` says why they do not.
   */
  verify: TaskId;
  /** Puts the weights back and serializes; the plan waits in the host for `check`. */
  refit: TaskId;
  /** Opens the serialized plan as the candidate says and runs the golden picture. A candidate that fails is gone. */
  check: TaskId;
  /** Times a candidate that was checked, for a moment. */
  time: TaskId;
  /** Writes plan and runtime cache of the winner, which was checked, to the cache; the other candidates are let go. */
  keep: TaskId & { /** Omitted: it was the only candidate. */ race?: Race };
  /** Opens a session from the cache (or from what could not be kept), if none is open. */
  openGpu: TaskId;
  /**
   * Puts new weights into the cached plan of the version before, checks it with the new golden pictures and keeps it as an
   * entry of its own; the old one stays. `absent`: there is no plan that takes weights, so `refit` has to make one.
   */
  update: TaskId & ChangedTensors & { fromSha256: string };
  /** Runs one picture through two versions. The outputs of a `whole` model are answered; of tiles `results` has them. */
  compare: Comparison & { versions: [TaskId, TaskId] };
  /** Closes a model's sessions, so that the next one opens what is chosen by then. */
  release: { model: string };
  /** Opens an ONNX Runtime session on the processor, if none is open. */
  openCpu: ModelId;
  /** Runs a picture through an open session; what is done of the result and outputs come as events. */
  infer: {
    jobId: number;
    model: string;
    device: 'gpu' | 'cpu';
    picture: Layer;
    /** Of a `tiles` model, where the enlarged picture goes. */
    result: PictureFacts | null;
    /** Parts of the enlarged picture that are there already, from a try that was cut off; tiles inside them are left out. */
    finished: readonly Rect[];
  };
  /** Runs a picture through an open session of a part of a tool, and answers with its outputs. */
  inferPart: { model: string; device: 'gpu' | 'cpu'; width: number; height: number; rgb: Uint8Array };
  /** Stops a job at its next tile. */
  cancel: { jobId: number };
  /** A part of a layer at another size: RGB, or RGBA of a transparent one. */
  view: Layer & { region: Rect; width: number; height: number };
  /** A part of a picture turned level: RGBA. */
  cut: Layer & { rectangle: Rectangle; width: number; height: number };
  /** Carries a picture's colours under its transparency, into another file. */
  carry: Carried;
  /** Does to a picture what a tool answered. */
  apply: Applied;
  /** Writes a picture into a file; says how far it is by `encoded`. */
  encode: { id: number; task: EncodeTask };
  /** So many rows of a result from the top will not change any more: its PNG may be begun. 0: what was said before does not hold. */
  encodeAhead: Layer & { rows: number };
  cancelEncode: { id: number };
  /** A picture file goes: nothing of it is to be kept mapped. */
  forget: { file: string };
}

/** What a person may unfold to read; a library's log is long, so longer ones are cut, not refused. */
const maxTextLength = 20_000;
const text = z.string().transform((said) => said.slice(0, maxTextLength));
const short = z.string().max(1000);
export const count = z.int().min(0);
const ms = z.number().min(0);
const bytes = z.custom<Uint8Array>((value) => value instanceof Uint8Array, 'Expected Uint8Array for bytes');

const reports = (Object.keys(errorParams) as ErrorCode[]).map((code) =>
  z.object({ code: z.literal(code), params: errorParams[code], detail: text }),
);
export const report = z.discriminatedUnion('code', reports as never) as unknown as z.ZodType<ErrorReport>;

const bytesOf = { uint8: 1, float32: 4 } as const;
const output = z
  .object({
    name: short,
    dtype: z.enum(['uint8', 'float32']),
    shape: z.array(count).max(8),
    bytes,
  })
  .refine(({ dtype, shape, bytes: { byteLength } }) => shape.reduce((a, b) => a * b, bytesOf[dtype]) === byteLength, {
    message: 'Expected as many bytes as the shape says',
  });
const outputs = z.array(output).max(16);
const viewed = z.object({
  bytes: z.custom<Uint8Array>(
    (value) => value instanceof Uint8Array && value.byteLength <= maxViewPixels * 4,
    'Expected bytes of a view',
  ),
});

const rect = z.object({ x: count, y: count, width: z.int().positive(), height: z.int().positive() });
/** Tiles in one word: of the largest picture, all of them. */
const maxRects = 20_000;
const tiles = z.object({ jobId: count, done: count, total: count, rects: z.array(rect).max(maxRects) });
const refitProgress = z.object({
  model: short,
  weightsDone: count,
  weightsTotal: count,
  bytesDone: count,
  bytesTotal: count,
});

/** What comes from a host unasked. */
export const events = {
  tiles,
  encoded: z.object({ id: count, share: z.number().min(0).max(1) }),
  refitProgress,
  outputs: z.object({ jobId: count, outputs }),
};

const fact = <T extends z.ZodType>(value: T) =>
  z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('known'), value }),
    z.object({ kind: z.literal('unknown'), reason: text }),
  ]);
const machine = z.object({
  driver: fact(z.object({ version: short.nullable(), cudaVersion: count })),
  gpus: fact(
    z
      .array(
        z.object({
          index: count,
          name: short,
          uuid: short,
          computeCapability: z.object({ major: count, minor: count }),
          vramBytes: count,
        }),
      )
      .max(1024),
  ),
  runtime: fact(short),
  parser: fact(text),
});

const session = { deserializeMs: ms, contextMs: ms, vramBytes: count, kernelsUsed: z.boolean() };
const nothing = z.null();

/** What each call answers. Nothing here is strict: a strict schema names each key that it does not know, of which there can be millions. */
export const results = {
  configure: nothing,
  detect: machine,
  sweep: nothing,
  lookUp: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('hit'), race: Race }),
    z.object({ kind: z.literal('absent'), changed: z.literal(true).exactOptional() }),
    z.object({ kind: z.literal('damaged'), detail: text }),
  ]),
  warm: z.object({ freeBytes: count }),
  verify: z.object({ engineBytes: count, onnxBytes: count, kernelsRefused: text.exactOptional() }),
  refit: z.object({
    planBytes: count,
    weights: count,
    weightBytes: count,
    sources: z.array(z.string()).max(1_000_000),
    deserializeMs: ms,
    refitMs: ms,
    serializeMs: ms,
    writeMs: ms,
  }),
  // NaN where the picture was not even numbers.
  check: z.object({ passed: z.boolean(), maxAbsError: z.number().or(z.nan()), detail: text, ...session }),
  time: Timed,
  keep: nothing,
  openGpu: z.object(session),
  update: z.discriminatedUnion('kind', [
    z.object({
      kind: z.literal('updated'),
      figures: z.object({
        by: z.enum(['tensors', 'onnx']),
        weights: count,
        weightBytes: count,
        planBytes: count,
        refitMs: ms,
        serializeMs: ms,
        elapsedMs: ms,
        ...session,
      }),
    }),
    z.object({ kind: z.literal('absent'), why: text }),
  ]),
  compare: z.tuple([outputs, outputs]).nullable(),
  release: nothing,
  openCpu: nothing,
  infer: z.object({ kind: z.enum(['done', 'cancelled']) }),
  inferPart: outputs,
  cancel: nothing,
  view: viewed,
  cut: viewed,
  carry: nothing,
  apply: nothing,
  encode: z.object({ bytes: count }),
  encodeAhead: nothing,
  cancelEncode: nothing,
  forget: nothing,
} satisfies { [C in keyof HostArguments]: z.ZodType };

export type HostCall = keyof HostArguments;
export type HostCalls = { [C in HostCall]: { args: HostArguments[C]; result: z.infer<(typeof results)[C]> } };
export type HostEvents = { [E in keyof typeof events]: z.infer<(typeof events)[E]> };

export type SessionFacts = HostCalls['openGpu']['result'];
export type UpdateFigures = Extract<HostCalls['update']['result'], { kind: 'updated' }>['figures'];

export type ToHost = { [C in HostCall]: { id: number; call: C; args: HostCalls[C]['args'] } }[HostCall];

export type FromHost =
  /** Said every second, asked or not (watchdog.ts). */
  | { kind: 'alive' }
  | { kind: 'result'; id: number; value: unknown }
  | { kind: 'error'; id: number; error: ErrorReport }
  | { [E in keyof HostEvents]: { kind: 'event'; event: E; data: HostEvents[E] } }[keyof HostEvents];
