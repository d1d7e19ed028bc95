/**
 * Everything that crosses from window to main and back: each channel's arguments, result and events. The renderer is
 * hostile until proven otherwise, so arguments are parsed by schema in main (main/ipc.ts) before anything acts on them.
 */
import { z } from 'zod';
import { type Flow, id, type ModelCard, type Profile, sha256 } from './catalog';
import type { ErrorReport } from './errors';
import type { AppState } from './states';
import type { Rect } from './tiles';

/** Longest side of a picture that goes in, and of one that comes out: Chromium's canvas ends at 16384. */
export const maxOutputSide = 16384;

/** A tool as the window shows it, or a part of one. */
export interface ModelInfo {
  id: string;
  name: string;
  summary: string;
  icon?: ModelCard['icon'];
  /** The tool that this network is a part of. */
  partOf?: ModelCard['partOf'];
  flow: Flow;
  gives?: ModelCard['gives'];
  /** Shape of a `whole` tool's input. */
  profile: Pick<Profile, 'width' | 'height'>;
  outputs: { name: string; dtype: 'uint8' | 'float32' }[];
  licence: { spdx: string; holder: string; origin: string };
}

/** Weights of a tool, as the window shows them. */
export interface VersionInfo {
  /** sha256 of the network's file with these weights. */
  version: string;
  /** ISO date; null: they came with the app. */
  installedAt: string | null;
  chosen: boolean;
}

/** What one version makes of a picture: every output, raw little-endian bytes; a `tiles` tool's is the whole picture. */
export type VersionOutputs = { name: string; shape: number[]; bytes: Uint8Array }[];

/** Result of a command: the renderer gets plain data, never a thrown Error (Electron drops all but its text). */
export type Outcome<T> = { ok: true; value: T } | { ok: false; error: ErrorReport };

const side = z.int().min(1).max(maxOutputSide);
const pixels = z.custom<Uint8Array>(
  (value) => ArrayBuffer.isView(value) && value instanceof Uint8Array,
  'Expected Uint8Array for bytes',
);

/** `rgb` is width × height × 3 bytes. For a `whole` network the picture already has the profile's shape. */
const picture = { width: side, height: side, rgb: pixels };
const isFull = ({ width, height, rgb }: { width: number; height: number; rgb: Uint8Array }): boolean =>
  rgb.byteLength === width * height * 3;
const notFull = 'Expected width × height × 3 bytes for rgb';
const jobId = z.int().positive();
/** Pictures that go through a part at once: a message of some megabytes, between two of which a person can cancel. */
export const maxParts = 64;
const count = z.int().min(0).max(100_000);

/** Arguments of every command, by channel. `void` commands take nothing. */
export const commands = {
  'state:get': z.undefined(),
  'models:list': z.undefined(),
  'weights:list': z.strictObject({ model: id }),
  /** Asks the person for a weight pack; main alone knows the path. */
  'weights:install': z.undefined(),
  'weights:choose': z.strictObject({ model: id, version: sha256 }),
  /** The same picture through two versions, on the GPU. */
  'weights:compare': z
    .strictObject({
      model: id,
      versions: z.tuple([sha256, sha256]).refine(([one, other]) => one !== other, 'Expected two versions'),
      ...picture,
    })
    .refine(isFull, notFull),
  'setup:prepare': z.undefined(),
  /** From `found`: use the processor. From `prepared`: go on to the tools. */
  'setup:continue': z.undefined(),
  /** From `ready` on the processor: look for the GPU again. */
  'setup:retry': z.undefined(),
  'job:start': z.strictObject({ model: id, ...picture }).refine(isFull, notFull),
  /** Pictures through another network of the running job's tool, some of `total`; in order, each one's outputs. */
  'job:parts': z.strictObject({
    jobId,
    model: id,
    /** How many went before these. */
    done: count,
    total: count,
    pictures: z.array(z.strictObject(picture).refine(isFull, notFull)).max(maxParts),
  }),
  /** The tool's own code is through with a job that has parts. */
  'job:finish': z.strictObject({ jobId }),
  'job:cancel': z.undefined(),
  /** A tile was drawn; until then main sends only a few more. */
  'tile:shown': z.undefined(),
  'picture:sample': z.strictObject({ model: id }),
  /** Asks the person where to; main alone knows the path. */
  'picture:save': z.strictObject({
    /** Whatever the picture was called, so possibly no good file name: main makes it one. */
    suggestedName: z.string().min(1).max(200),
    format: z.enum(['png', 'jpeg', 'webp', 'txt']),
    bytes: pixels,
  }),
  /** To the clipboard, which a sandboxed window may not write to without being asked. */
  'text:copy': z.strictObject({ text: z.string().max(1_000_000) }),
  'picture:showInFolder': z.undefined(),
  /** Ends an app whose files were replaced or are gone, and starts the one that lies there now; refused to any other. */
  'app:restart': z.undefined(),
} as const;

export type Channel = keyof typeof commands;
export type Arguments<C extends Channel> = z.infer<(typeof commands)[C]>;

export interface Results {
  'state:get': AppState;
  'models:list': ModelInfo[];
  'weights:list': VersionInfo[];
  'weights:install': { kind: 'installed'; model: string; version: string } | { kind: 'cancelled' };
  'weights:choose': null;
  'weights:compare': [VersionOutputs, VersionOutputs];
  'setup:prepare': null;
  'setup:continue': null;
  'setup:retry': null;
  'job:start': { jobId: number };
  'job:parts': OutputsEvent['outputs'][];
  'job:finish': null;
  'job:cancel': null;
  'tile:shown': null;
  'picture:sample': { name: string; bytes: Uint8Array };
  /** `folder`: its own name, no path. */
  'picture:save': { kind: 'saved'; name: string; folder: string } | { kind: 'cancelled' };
  'text:copy': null;
  'picture:showInFolder': null;
  'app:restart': null;
}

/** One finished tile of a running job: its place in the result and its pixels, RGB, rows tight. */
export interface TileEvent {
  jobId: number;
  rect: Rect;
  rgb: Uint8Array;
}

/** All outputs of a `whole` job, in the card's order, raw little-endian bytes. */
export interface OutputsEvent {
  jobId: number;
  outputs: { name: string; dtype: 'uint8' | 'float32'; shape: number[]; bytes: Uint8Array }[];
}

/** What main tells the window. Whole states, in order; the window asks once at its start and then listens. */
export interface Events {
  state: AppState;
  tile: TileEvent;
  outputs: OutputsEvent;
}

/** What the preload puts on `window.refit`: named methods, no open channel. */
export interface RefitApi {
  getState(): Promise<Outcome<AppState>>;
  listModels(): Promise<Outcome<ModelInfo[]>>;
  listVersions(model: string): Promise<Outcome<VersionInfo[]>>;
  installWeights(): Promise<Outcome<Results['weights:install']>>;
  chooseVersion(choice: Arguments<'weights:choose'>): Promise<Outcome<null>>;
  compareVersions(comparison: Arguments<'weights:compare'>): Promise<Outcome<Results['weights:compare']>>;
  prepare(): Promise<Outcome<null>>;
  goOn(): Promise<Outcome<null>>;
  retry(): Promise<Outcome<null>>;
  startJob(job: Arguments<'job:start'>): Promise<Outcome<{ jobId: number }>>;
  runParts(parts: Arguments<'job:parts'>): Promise<Outcome<Results['job:parts']>>;
  finishJob(jobId: number): Promise<Outcome<null>>;
  cancelJob(): Promise<Outcome<null>>;
  tileShown(): Promise<Outcome<null>>;
  sample(model: string): Promise<Outcome<Results['picture:sample']>>;
  save(picture: Arguments<'picture:save'>): Promise<Outcome<Results['picture:save']>>;
  copyText(text: string): Promise<Outcome<null>>;
  showInFolder(): Promise<Outcome<null>>;
  restart(): Promise<Outcome<null>>;
  /** Each returns a function that stops it. */
  onState(listener: (state: AppState) => void): () => void;
  onTile(listener: (tile: TileEvent) => void): () => void;
  onOutputs(listener: (outputs: OutputsEvent) => void): () => void;
}
