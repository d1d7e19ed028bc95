/**
 * Everything that crosses between window and main: each channel's arguments, result and events. The renderer counts as hostile, so
 * main parses arguments by schema (main/window/answer.ts) before anything acts on them.
 */
import { z } from 'zod';
import { type Flow, id, type ModelCard, maxScale, type Profile, sha256 } from './catalog';
import type { ErrorReport } from './errors';
import { Metadata } from './metadataSchema';
import { PictureNote, ResultNote } from './notes';
import { maxParts } from './parts';
import { maxPixels, maxSide, maxViewPixels } from './pictureLimits';
import { Preference } from './preferenceSchema';
import { maxItems, maxSteps, type QueueEvent, type QueueState } from './queue';
import { NamedRecipe, QueueSettings, Step } from './queueSchema';
import type { NumberedEvent, Snapshot } from './states';
import type { Rect } from './tiles';
import { Change, Rectangle, ToolAnswer } from './toolAnswerSchema';

/** A tool as the window shows it, or a part of one. */
export interface ModelInfo {
  id: string;
  name: string;
  summary: string;
  icon?: ModelCard['icon'];
  /** A tool that does much the same in less time. */
  quicker?: ModelCard['quicker'];
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

/** Result of a command. The renderer gets plain data and never a thrown Error, of which Electron keeps only the text. */
export type Outcome<T> = { ok: true; value: T } | { ok: false; error: ErrorReport };

const side = z.int().min(1).max(maxSide);
const position = z
  .int()
  .min(0)
  .max(maxSide * maxScale);
const pixels = z.custom<Uint8Array>(
  (value) => ArrayBuffer.isView(value) && value instanceof Uint8Array,
  'Expected Uint8Array for bytes',
);

/** `rgb` is width × height × 3 bytes, of the shape of a part's profile. */
const picture = { width: side, height: side, rgb: pixels };
const isFull = ({ width, height, rgb }: { width: number; height: number; rgb: Uint8Array }): boolean =>
  rgb.byteLength === width * height * 3;
const notFull = 'Expected width × height × 3 bytes for rgb';
const jobId = z.int().positive();
const pictureId = z.int().positive();
/** Layers that the window can show: the picture, a tool's result, and the result of another version of the tool's weights. */
export const layers = ['original', 'result', 'before'] as const;
export type Layer = (typeof layers)[number];
const formats = ['png', 'jpeg', 'webp'] as const;
export type Format = (typeof formats)[number];
const textFormats = ['txt', 'csv', 'json'] as const;
export type TextFormat = (typeof textFormats)[number];
const count = z.int().min(0).max(100_000);

const queueId = z.int().positive();
const queueIds = z.array(queueId).min(1).max(maxItems);

/** Linux and Windows have no longer path. */
const givenPaths = z.array(z.string().min(1).max(32_767)).max(10_000);

/** Pictures and folders that are remembered. */
export const maxRecent = 8;
export interface RecentItem {
  id: number;
  kind: 'picture' | 'folder';
  name: string;
  /** Name of the folder that it lies in, no path. */
  folder: string;
}

/** Arguments of every command, by channel. `void` commands take nothing. */
export const commands = {
  'state:get': z.undefined(),
  'models:list': z.undefined(),
  'weights:list': z.strictObject({ model: id }),
  /** Asks the person for a weight pack; main alone knows the path. */
  'weights:install': z.undefined(),
  'weights:choose': z.strictObject({ model: id, version: sha256 }),
  /** The same picture through two versions, on the GPU. */
  'weights:compare': z.strictObject({
    model: id,
    versions: z.tuple([sha256, sha256]).refine(([one, other]) => one !== other, 'Expected two versions'),
    picture: pictureId,
    /** Which version is on which side. */
    note: ResultNote,
  }),
  /** What the tool's own code made of either version's outputs. A `tiles` tool never sends it. */
  'weights:compared': z.strictObject({ jobId, answers: z.tuple([ToolAnswer, ToolAnswer]) }),
  'setup:prepare': z.undefined(),
  /** From `found`: use the processor. From `prepared`: go on to the tools. */
  'setup:continue': z.undefined(),
  /** From `ready` on the processor: look for the GPU again. */
  'setup:retry': z.undefined(),
  /** The person chose what to compute on. Engines for another card are made behind the tools. */
  'device:choose': Preference,
  /** The person looks at this tool: its engine is made before others that wait. */
  'tool:choose': z.strictObject({ model: id }),
  /** `format`: the format that the result will most likely be saved in. */
  'job:start': z.strictObject({ model: id, picture: pictureId, format: z.enum(formats) }),
  /** The person may start this tool on the open picture next: main prepares for it. */
  'job:expect': z.strictObject({ model: id, picture: pictureId }),
  /** Pictures through a network of the running job's tool, some of `total`; in order, each one's outputs. */
  'job:parts': z.strictObject({
    jobId,
    model: id,
    /** How many went before these. */
    done: count,
    total: count,
    pictures: z.array(z.strictObject(picture).refine(isFull, notFull)).max(maxParts),
  }),
  /** A `whole` tool's own code has finished, and says what to do to the picture. */
  'job:finish': z.strictObject({ jobId, answer: ToolAnswer, note: ResultNote.nullable() }),
  /** The person edited the answer behind the shown result. Main makes the result anew from the original, or what changes of it. */
  'answer:change': z.strictObject({ jobId, answer: Change }),
  'job:cancel': z.undefined(),
  /** Makes room for a picture that the window decodes. It takes the place of the open one with `picture:ready`. */
  'picture:create': z
    .strictObject({
      name: z.string().min(1).max(1000),
      width: side,
      height: side,
      /** Whether it may have transparent pixels; its rows then come with alpha. */
      alpha: z.boolean(),
      displayP3: z.boolean(),
      notes: z.array(PictureNote).max(10),
      metadata: Metadata,
    })
    .refine(({ width, height }) => width * height <= maxPixels, `Expected at most ${maxPixels} pixels`),
  /** Whole rows of it, in any order; `alpha` of one that is transparent. */
  'picture:rows': z.strictObject({
    id: pictureId,
    y: position,
    rgb: pixels,
    alpha: pixels.nullable(),
  }),
  'picture:ready': z.strictObject({ id: pictureId, transparent: z.boolean() }),
  /** A region of a layer at the screen's scale, or as it is. `id`: the picture's, or the result's. */
  view: z
    .strictObject({
      layer: z.enum(layers),
      id: z.int().positive(),
      region: z.strictObject({ x: position, y: position, width: side, height: side }),
      width: z.int().min(1).max(maxViewPixels),
      height: z.int().min(1).max(maxViewPixels),
    })
    .refine(
      ({ width, height }) => width * height <= maxViewPixels,
      `Expected a view of at most ${maxViewPixels} pixels`,
    ),
  /** A part of the open picture, turned level and scaled, which a tool's own code looks at more closely. */
  'picture:cut': z
    .strictObject({
      id: pictureId,
      rectangle: Rectangle,
      width: z.int().min(1).max(maxViewPixels),
      height: z.int().min(1).max(maxViewPixels),
    })
    .refine(({ width, height }) => width * height <= maxViewPixels, `Expected at most ${maxViewPixels} pixels`),
  'picture:sample': z.strictObject({ model: id }),
  /** Asks the person where to; main alone knows the path. */
  'picture:save': z
    .strictObject({
      /** Named after the picture, so it may be no good file name: main makes it one. */
      suggestedName: z.string().min(1).max(1000),
      format: z.enum(formats),
      /** Of JPEG and WebP, 1 to 100. */
      quality: z.int().min(1).max(100),
      /** Of what is written. */
      width: z
        .int()
        .min(1)
        .max(maxSide * maxScale),
      height: z
        .int()
        .min(1)
        .max(maxSide * maxScale),
      /** Whether the file's metadata are saved along: date, camera, colours. `keepPlace`: also where it was taken. */
      keepMetadata: z.boolean(),
      keepPlace: z.boolean(),
    })
    .refine(
      ({ width, height }) => width * height <= maxPixels * maxScale ** 2,
      `Expected at most ${maxPixels * maxScale ** 2} pixels`,
    ),
  'picture:cancelSave': z.undefined(),
  /** What was made becomes the open picture, for the next tool. */
  'result:use': z.undefined(),
  'text:save': z.strictObject({
    suggestedName: z.string().min(1).max(1000),
    format: z.enum(textFormats),
    text: z.string().max(10_000_000),
  }),
  /** To the clipboard, which a sandboxed window may not write to without being asked. */
  'text:copy': z.strictObject({ text: z.string().max(1_000_000) }),
  'picture:showInFolder': z.undefined(),
  /** The picture that the app was given from outside its window: its name, once. */
  'given:take': z.undefined(),
  /** Opens the one that was taken. */
  'given:open': z.undefined(),
  'recent:list': z.undefined(),
  /** What was dropped, pasted or chosen last is open now: the preload alone sends it, with the paths that Chromium knows of it. */
  'recent:add': z.strictObject({ paths: givenPaths }),
  'recent:open': z.strictObject({ id: z.int().positive() }),
  'recent:clear': z.undefined(),
  'queue:get': z.undefined(),
  /** Asks the person for pictures or a folder; main alone knows the paths. */
  'queue:choose': z.strictObject({ what: z.enum(['pictures', 'folder']), before: queueId.nullable() }),
  /** Files and folders that were dropped or chosen: the preload alone sends it, with the paths that Chromium knows of them. */
  'queue:drop': z.strictObject({
    paths: givenPaths,
    before: queueId.nullable(),
  }),
  'queue:start': z.undefined(),
  /** What is at work is finished; nothing more is begun. */
  'queue:pause': z.undefined(),
  'queue:remove': queueIds,
  /** Of those that failed or were skipped. */
  'queue:retry': queueIds,
  'queue:skip': queueIds,
  'queue:move': z.strictObject({ ids: queueIds, before: queueId.nullable() }),
  /** Tools of their own; null: the queue's. */
  'queue:steps': z.strictObject({ ids: queueIds, steps: z.array(Step).min(1).max(maxSteps).nullable() }),
  'queue:set': QueueSettings,
  /** Keeps the queue's recipe under a name, in place of one that has it. */
  'queue:keepRecipe': z.strictObject({ name: NamedRecipe.shape.name }),
  'queue:dropRecipe': z.strictObject({ name: NamedRecipe.shape.name }),
  /** Asks the person for the output folder; `beside`: the pictures' own folders. */
  'queue:output': z.enum(['choose', 'beside']),
  /** Shows an item large: the picture, and what was made of it where that is saved. */
  'queue:look': queueId,
  /** Asked by a page that was loaded anew. */
  'queue:looked': z.undefined(),
  'queue:thumbnail': queueId,
  'queue:showFolder': z.undefined(),
  /** Ends an app whose files were replaced or are gone, and starts the one that lies there now. Main refuses it otherwise. */
  'app:restart': z.undefined(),
  /** To `leaving`: the question is before the person's eyes; their answer was to leave. */
  'app:leave': z.enum(['asked', 'leave']),
} as const;

export type Channel = keyof typeof commands;
export type Arguments<C extends Channel> = z.infer<(typeof commands)[C]>;

export interface Results {
  'state:get': Snapshot;
  'models:list': ModelInfo[];
  'weights:list': VersionInfo[];
  'weights:install': { kind: 'installed'; model: string; version: string } | { kind: 'cancelled' };
  'weights:choose': null;
  /** `outputs`: either version's, for a `whole` tool's own code; null for a `tiles` tool, whose result is already there. */
  'weights:compare': { jobId: number; outputs: [OutputsEvent['outputs'], OutputsEvent['outputs']] | null };
  'weights:compared': null;
  'setup:prepare': null;
  'setup:continue': null;
  'setup:retry': null;
  'device:choose': null;
  'tool:choose': null;
  'job:start': { jobId: number };
  'job:expect': null;
  'job:parts': OutputsEvent['outputs'][];
  'job:finish': null;
  'answer:change': null;
  'job:cancel': null;
  'picture:create': { id: number };
  'picture:rows': null;
  'picture:ready': null;
  view: View;
  /** RGBA. */
  'picture:cut': { rgba: Uint8Array };
  'picture:sample': { name: string; bytes: Uint8Array };
  /** `folder`: its own name, no path. */
  'picture:save': Saved;
  'picture:cancelSave': null;
  'result:use': null;
  'text:save': Saved;
  'text:copy': null;
  'picture:showInFolder': null;
  'given:take': { name: string } | null;
  'given:open': null;
  'recent:list': RecentItem[];
  'recent:add': null;
  'recent:open': null;
  'recent:clear': null;
  'queue:get': QueueState;
  'queue:choose': null;
  /** `noFile`: it lies in no file, as a picture that was dragged from a browser. */
  'queue:drop': 'added' | 'noFile';
  'queue:start': null;
  'queue:pause': null;
  'queue:remove': null;
  'queue:retry': null;
  'queue:skip': null;
  'queue:move': null;
  'queue:steps': null;
  'queue:set': null;
  'queue:keepRecipe': null;
  'queue:dropRecipe': null;
  'queue:output': null;
  'queue:look': null;
  /** The item that is open; null: none, or a picture that is none of the queue. */
  'queue:looked': number | null;
  /** WebP, at most `thumbnailSide` pixels wide and high; null where the file is no picture that can be read. */
  'queue:thumbnail': { bytes: Uint8Array | null };
  'queue:showFolder': null;
  'app:restart': null;
  'app:leave': null;
}

export type Saved = { kind: 'saved'; name: string; folder: string } | { kind: 'cancelled' };

/** A part of a layer as it is seen. */
export interface View {
  /** RGB, or RGBA where the layer is transparent; rows tight. */
  bytes: Uint8Array;
  channels: 3 | 4;
  /** Parts of the region that have come so far, in the layer's pixels; null: all of it. */
  there: Rect[] | null;
}

/** Parts of a growing result that came since the last such event, in its pixels. */
export interface ChangedEvent {
  id: number;
  rects: Rect[];
}

/** How much of a picture that is being saved is written, 0 to 1. */
export interface SavingEvent {
  share: number;
}

/** All outputs of a `whole` job, in the card's order, raw little-endian bytes. */
export interface OutputsEvent {
  jobId: number;
  outputs: { name: string; dtype: 'uint8' | 'float32'; shape: number[]; bytes: Uint8Array }[];
}

/**
 * What main tells the window. The window asks for the state once at its start; then each event changes its copy (renderer/mirror.ts).
 * `leaving`: the person closes a window that has a result which was not saved.
 */
export interface Events {
  event: NumberedEvent;
  changed: ChangedEvent;
  saving: SavingEvent;
  outputs: OutputsEvent;
  leaving: null;
  /** A picture waits for `given:take`. */
  given: null;
  /** What changed the queue since the last such event, in order. */
  queue: QueueEvent[];
}

/** What the preload puts on `window.refit`: named methods, no open channel. */
export interface RefitApi {
  getState(): Promise<Outcome<Snapshot>>;
  listModels(): Promise<Outcome<ModelInfo[]>>;
  listVersions(model: string): Promise<Outcome<VersionInfo[]>>;
  installWeights(): Promise<Outcome<Results['weights:install']>>;
  chooseVersion(choice: Arguments<'weights:choose'>): Promise<Outcome<null>>;
  compareVersions(comparison: Arguments<'weights:compare'>): Promise<Outcome<Results['weights:compare']>>;
  showCompared(compared: Arguments<'weights:compared'>): Promise<Outcome<null>>;
  prepare(): Promise<Outcome<null>>;
  continueSetup(): Promise<Outcome<null>>;
  retry(): Promise<Outcome<null>>;
  chooseDevice(preference: Preference): Promise<Outcome<null>>;
  chooseTool(model: string): Promise<Outcome<null>>;
  startJob(job: Arguments<'job:start'>): Promise<Outcome<{ jobId: number }>>;
  expectJob(job: Arguments<'job:expect'>): Promise<Outcome<null>>;
  runParts(parts: Arguments<'job:parts'>): Promise<Outcome<Results['job:parts']>>;
  finishJob(finished: Arguments<'job:finish'>): Promise<Outcome<null>>;
  changeAnswer(changed: Arguments<'answer:change'>): Promise<Outcome<null>>;
  cancelJob(): Promise<Outcome<null>>;
  createPicture(picture: Arguments<'picture:create'>): Promise<Outcome<{ id: number }>>;
  sendRows(rows: Arguments<'picture:rows'>): Promise<Outcome<null>>;
  showPicture(ready: Arguments<'picture:ready'>): Promise<Outcome<null>>;
  view(wanted: Arguments<'view'>): Promise<Outcome<View>>;
  cut(wanted: Arguments<'picture:cut'>): Promise<Outcome<Results['picture:cut']>>;
  sample(model: string): Promise<Outcome<Results['picture:sample']>>;
  save(picture: Arguments<'picture:save'>): Promise<Outcome<Saved>>;
  cancelSave(): Promise<Outcome<null>>;
  useResult(): Promise<Outcome<null>>;
  saveText(text: Arguments<'text:save'>): Promise<Outcome<Saved>>;
  copyText(text: string): Promise<Outcome<null>>;
  showInFolder(): Promise<Outcome<null>>;
  takeGiven(): Promise<Outcome<Results['given:take']>>;
  openGiven(): Promise<Outcome<null>>;
  listRecent(): Promise<Outcome<RecentItem[]>>;
  /** Remembers the picture that the person dropped, pasted or chose last. */
  addRecent(): Promise<Outcome<null>>;
  openRecent(id: number): Promise<Outcome<null>>;
  clearRecent(): Promise<Outcome<null>>;
  getQueue(): Promise<Outcome<QueueState>>;
  chooseForQueue(asked: Arguments<'queue:choose'>): Promise<Outcome<null>>;
  /** Adds what the person dropped, pasted or chose last; the preload knows the paths, the page does not. */
  addDropped(before: number | null): Promise<Outcome<Results['queue:drop']>>;
  startQueue(): Promise<Outcome<null>>;
  pauseQueue(): Promise<Outcome<null>>;
  removeItems(ids: number[]): Promise<Outcome<null>>;
  retryItems(ids: number[]): Promise<Outcome<null>>;
  skipItems(ids: number[]): Promise<Outcome<null>>;
  moveItems(moved: Arguments<'queue:move'>): Promise<Outcome<null>>;
  setItemSteps(chosen: Arguments<'queue:steps'>): Promise<Outcome<null>>;
  keepRecipe(name: string): Promise<Outcome<null>>;
  dropRecipe(name: string): Promise<Outcome<null>>;
  setQueue(settings: QueueSettings): Promise<Outcome<null>>;
  chooseOutput(where: Arguments<'queue:output'>): Promise<Outcome<null>>;
  lookAtItem(id: number): Promise<Outcome<null>>;
  lookedAtItem(): Promise<Outcome<number | null>>;
  thumbnail(id: number): Promise<Outcome<Results['queue:thumbnail']>>;
  showQueueFolder(): Promise<Outcome<null>>;
  restart(): Promise<Outcome<null>>;
  leave(step: Arguments<'app:leave'>): Promise<Outcome<null>>;
  /** Each returns a function that stops it. */
  onEvent(listener: (event: NumberedEvent) => void): () => void;
  onChanged(listener: (changed: ChangedEvent) => void): () => void;
  onSaving(listener: (saving: SavingEvent) => void): () => void;
  onOutputs(listener: (outputs: OutputsEvent) => void): () => void;
  onLeaving(listener: () => void): () => void;
  onGiven(listener: () => void): () => void;
  onQueue(listener: (events: QueueEvent[]) => void): () => void;
}
