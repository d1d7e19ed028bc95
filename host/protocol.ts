/**
 * The protocol of main and its hosts: every call with its arguments and its result, and the hosts' events. A host's messages are
 * schemas, and their types are inferred. Main parses each (messages.ts), because native code, plans and strangers' pixels may have
 * taken over the host that sent it.
 */
import { z } from 'zod';
import type { EngineEntry, KernelsEntry, ModelCard, Profile } from '../app/catalog';
import { type ErrorCode, errorParams } from '../app/errorCodes';
import type { ErrorReport } from '../app/errors';
import type { Fit } from '../app/fit';
import { ResultNote } from '../app/notes';
import { maxParts } from '../app/parts';
import { maxViewPixels } from '../app/pictureLimits';
import { type CandidateKey, Race, Timed } from '../app/raceSchema';
import type { Runner } from '../app/runner';
import type { Rect } from '../app/tiles';
import { type Rectangle, ToolAnswer } from '../app/toolAnswerSchema';
import type { PictureFacts } from '../native/pixels';
import type { Identity } from '../storage/cache';
import type { Applied } from './pixels/apply';
import type { Carried } from './pixels/carry';
import type { EncodeTask } from './pixels/encode';
import type { FullAlpha } from './pixels/fullAlpha';
import type { Layer } from './pixels/layers';
import type { Receipt } from './pixels/receive';

/** The files of one version of a model. */
export interface ModelFiles {
  card: ModelCard;
  onnxFile: string;
  /** Holds the golden pictures. */
  preparedDir: string;
}

/** The engines that main chose for one model on the GPU. */
export interface CandidateFiles {
  /** CUDA device ordinal. */
  gpu: number;
  /** With the chosen version's ONNX hash; a call may name another version. */
  identity: Identity;
  engines: { entry: EngineEntry; file: string; kernels?: { entry: KernelsEntry; file: string } }[];
}

/**
 * Main sends this to each host process before any other call. Calls then carry ids, which the host looks up here. Paths come from
 * main alone, never from the window.
 */
export interface Configuration {
  /** The addon with its libraries, and the folder and key of the cache. */
  engine?: Pick<GpuTask, 'addon' | 'libraries' | 'cacheDir' | 'cacheKey'>;
  models?: ModelFiles[];
  /** None before main has chosen the GPU. */
  candidates?: CandidateFiles[];
}

/** Pictures of one size for a network, in one file (app/parts.ts). */
export interface Sheet {
  file: PictureFacts;
  /** Of each picture, in pixels. */
  width: number;
  height: number;
  /** How many pictures. */
  length: number;
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
 * One candidate of one model on one GPU, with all that its preparation and its sessions need. Main makes tasks to choose among them
 * (main/setup/candidates.ts); a host makes the same task from a TaskId and its configuration (configured.ts).
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
  /** The model's place in the cache, which all its candidates share. */
  identity: Identity;
  engineFile: string;
  onnxFile: string;
  /** `models/<id>/prepared`, with the golden picture. */
  preparedDir: string;
  cacheDir: string;
  /** Seals the cache's entries (cacheKey.ts); omitted for a tool's own folder. */
  cacheKey?: string;
  /** A restarted host loads the addon and its libraries at its first task. */
  addon: string;
  libraries: string;
}

/** The tensors that new weights change; their values lie in the new ONNX file. */
export interface ChangedTensors {
  tensors: { name: string; offset: number; bytes: number }[];
}

/** A picture that two versions of a model are compared on. */
export interface Comparison {
  picture: Layer;
  /** The files for both results of a `tiles` model. */
  results: [PictureFacts, PictureFacts] | null;
}

/** Each call's arguments. A host trusts main and parses nothing, but refuses an id that is not in its configuration. */
export interface HostArguments {
  /** The first call to each process (main/hosts/host.ts). A later one replaces the earlier configuration. */
  configure: Configuration;
  /** Loads the addon and gathers facts. */
  detect: null;
  /** Removes what killed hosts left in the cache. */
  sweep: null;
  /** Finds the model's entry by its sealed record alone, with the race that it won. Moves an untrusted one into quarantine. */
  lookUp: TaskId;
  /**
   * Makes the GPU's context, reads and verifies the first model's files, and answers how much GPU memory is free then. Main asks for it
   * while a person reads the first screen, because it costs time and decides nothing.
   */
  warm: TaskId;
  /**
   * Reads engine and ONNX, checks their hashes and keeps them for `refit`, with the kernels that ship. `kernelsRefused` says why
   * kernels are not among them.
   */
  verify: TaskId;
  /** Puts the weights back, serializes the plan and keeps it for `check`. */
  refit: TaskId;
  /** Opens the plan as the candidate says and runs the golden picture. Drops a candidate that fails. */
  check: TaskId;
  /** Times a checked candidate for a moment. */
  time: TaskId;
  /** Writes the checked winner's plan and kernels to the cache, and drops the other candidates. */
  keep: TaskId & { /** Omitted: it was the only candidate. */ race?: Race };
  /** Opens a session, if none is open, from the cache or from the entry that the cache could not take. */
  openGpu: TaskId;
  /**
   * Puts new weights into the cached plan of version `fromSha256`, checks it with the new golden pictures and keeps it as an entry of
   * its own; the old entry stays. `absent`: no cached plan takes weights, so `refit` has to make one.
   */
  update: TaskId & ChangedTensors & { fromSha256: string };
  /** Runs one picture through two versions. A `whole` model's outputs are the answer; a `tiles` model's go into `results`. */
  compare: Comparison & { versions: [TaskId, TaskId] };
  /** Closes a model's sessions, so that the next job opens the version chosen by then. */
  release: { model: string };
  /** Opens an ONNX Runtime session on the processor, if none is open. */
  openCpu: ModelId;
  /** Likewise on a GPU by WebGPU, and runs the golden picture through a new session. */
  openWebgpu: ModelId;
  /** Times an open session for a moment. */
  timeOnnx: { device: 'webgpu' | 'cpu'; model: string };
  /** Runs a picture through an open session. Events tell finished tiles and outputs. */
  infer: {
    jobId: number;
    model: string;
    device: Runner;
    picture: Layer;
    /** The file for a `tiles` model's enlarged picture. */
    result: PictureFacts | null;
    /** Parts that an interrupted try has finished; tiles inside them are left out. */
    finished: readonly Rect[];
  };
  /** Runs a picture through an open session of a tool's part, and answers with its outputs. */
  inferPart: { model: string; device: Runner; width: number; height: number; rgb: Uint8Array };
  /** Likewise, of `count` pictures in a sheet from picture `from` on, one after the other. */
  inferSheet: { model: string; device: Runner } & Sheet & { from: number; count: number };
  /** Runs a whole picture through an open session, and answers with its outputs; large ones lie in `sheet`. Several may be under way. */
  inferPicture: { model: string; device: Runner; picture: Layer; sheet: PictureFacts };
  /** Stops a job at its next tile. */
  cancel: { jobId: number };
  /** Likewise, of a job that goes on elsewhere and may come back. */
  handOver: { jobId: number };
  /** Gives a part of a layer at another size: RGB, or RGBA if the layer is transparent. */
  view: Layer & { region: Rect; width: number; height: number };
  /** Gives a part of a picture, turned level, as RGBA. */
  cut: Layer & { rectangle: Rectangle; width: number; height: number };
  /**
   * Runs a tool's own code on its network's outputs, until it is through or asks for networks: `goOn` with the same id answers it.
   * @param input size of the network's input, in pixels.
   */
  finish: {
    id: number;
    model: string;
    picture: Layer;
    fit: Fit;
    input: { width: number; height: number };
    outputs: Answer;
    /** Takes the pictures that it asks about, and has what networks say of them. */
    sheet: PictureFacts;
  };
  /** @param outputs of each picture that it asked about. */
  goOn: { id: number; outputs: Answer[] };
  /** Nobody waits for it any more. */
  endFinish: { id: number };
  /** Writes what a page decodes. The call comes with a port to that page. */
  receive: Receipt & { id: number };
  /** Nobody waits for that picture any more. May come before the call itself. */
  endReceive: { id: number };
  /** Carries a picture's colours under its transparency, into another file. */
  carry: Carried;
  /** Enlarges alpha to its picture's size. */
  fullAlpha: FullAlpha;
  /** Applies a tool's answer to a picture. */
  apply: Applied;
  /** Writes a picture into a file; `encoded` events tell the progress. */
  encode: { id: number; task: EncodeTask };
  /** The top `rows` of a result are final, so its PNG may be begun. 0 takes back what was said before. */
  encodeAhead: Layer & { rows: number };
  cancelEncode: { id: number };
  /** Drops the mappings of picture files that main removes. */
  forget: { files: string[] };
}

/** For texts that a person may unfold. A library's log may be longer: it is cut, not refused. */
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
/** An output whose bytes lie in a sheet, from a row on. */
const placed = z.object({ name: short, dtype: z.enum(['uint8', 'float32']), shape: z.array(count).max(8), row: count });
const answer = z.array(z.union([output, placed])).max(16);
/** A network's outputs on a picture. */
export type Answer = z.infer<typeof answer>;
const viewed = z.object({
  bytes: z.custom<Uint8Array>(
    (value) => value instanceof Uint8Array && value.byteLength <= maxViewPixels * 4,
    'Expected bytes of a view',
  ),
});

const side = z.int().positive();
const finished = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('asks'), model: short, width: side, height: side, count: count.max(maxParts) }),
  z.object({ kind: z.literal('done'), answer: ToolAnswer, note: ResultNote.nullable() }),
]);

const rect = z.object({ x: count, y: count, width: z.int().positive(), height: z.int().positive() });
/** Tiles in one event: at most all tiles of the largest picture. */
const maxRects = 20_000;
const tiles = z.object({ jobId: count, done: count, total: count, rects: z.array(rect).max(maxRects) });
const refitProgress = z.object({
  model: short,
  weightsDone: count,
  weightsTotal: count,
  bytesDone: count,
  bytesTotal: count,
});

/** Events, which a host sends unasked. */
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
          multiprocessors: count,
          clockKhz: count,
        }),
      )
      .max(1024),
  ),
  runtime: fact(short),
  parser: fact(text),
});

const session = { deserializeMs: ms, contextMs: ms, vramBytes: count, kernelsUsed: z.boolean() };
const nothing = z.null();

/** Each call's result. No schema is strict: a strict one lists every unknown key in its error, and there can be millions. */
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
  // NaN if the network's output was not even numbers.
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
  openWebgpu: z.object({ maxAbsError: z.number().nullable() }),
  timeOnnx: z.object({ latencyMs: ms, usefulPerSecond: z.number().min(0) }),
  infer: z.object({ kind: z.enum(['done', 'cancelled']) }),
  inferPart: outputs,
  inferSheet: z.array(answer).max(maxParts),
  inferPicture: answer,
  cancel: nothing,
  handOver: nothing,
  view: viewed,
  cut: viewed,
  finish: finished,
  goOn: finished,
  endFinish: nothing,
  receive: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('whole'), transparent: z.boolean() }),
    z.object({ kind: z.literal('left') }),
  ]),
  endReceive: nothing,
  carry: nothing,
  fullAlpha: nothing,
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
  /** Sent every second while a call is under way (watchdog.ts). */
  | { kind: 'alive' }
  | { kind: 'result'; id: number; value: unknown }
  | { kind: 'error'; id: number; error: ErrorReport }
  | { [E in keyof HostEvents]: { kind: 'event'; event: E; data: HostEvents[E] } }[keyof HostEvents];
