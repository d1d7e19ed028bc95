/**
 * Every error a person or a developer can meet: a closed list of codes, each with the values that its sentence needs. Codes and values
 * cross processes; `words/errors.ts` makes sentences of them where a person reads them. Hosts are parsed by these schemas.
 */
import { z } from 'zod';
import { nameFaults } from './fileName';

/** A name, a path or a version; no system has longer ones. */
const text = z.string().max(10_000);
const amount = z.number().min(0);
const none = z.strictObject({});

/** Why a weight pack is not taken: not signed by us, changed, for another model or version, or no longer the same network. */
const PackFault = z.enum(['unreadable', 'unsigned', 'damaged', 'otherModel', 'otherVersion', 'otherGraph']);
export type PackFault = z.infer<typeof PackFault>;

/** How the process that works on pictures came to its end. */
const Death = z.enum(['crashed', 'hung', 'outOfMemory', 'killed', 'ended']);
export type Death = z.infer<typeof Death>;

/** Why nothing can be written to the app's own folder. */
const WriteFault = z.enum(['full', 'forbidden', 'failed']);
export type WriteFault = z.infer<typeof WriteFault>;

/** What of a JPEG Chromium has no decoder for: how its pixels are coded, or more than 8 bits a channel. */
const JpegCoding = z.union([z.enum(['arithmetic', 'lossless', 'hierarchical']), z.strictObject({ bits: amount })]);
export type JpegCoding = z.infer<typeof JpegCoding>;

const format = z.enum(['png', 'jpeg', 'webp']);

/** What each code needs to make its sentence. */
export const errorParams = {
  // Why the GPU path is not taken (select.ts).
  /** None, or one that does not start. */
  DRIVER_MISSING: none,
  /** `version`: null where the driver does not tell it. */
  DRIVER_TOO_OLD: z.strictObject({ version: text.nullable(), needed: text }),
  GPU_NONE: none,
  GPU_TOO_OLD: z.strictObject({ gpu: text }),
  GPU_TOO_SMALL: z.strictObject({ gpu: text, haveBytes: amount, needBytes: amount }),
  RUNTIME_MISSING: z.strictObject({ library: text }),
  RUNTIME_MISMATCH: z.strictObject({ have: text, need: text }),
  RUNTIME_REFUSES_GPU: z.strictObject({ gpu: text }),
  ENGINE_NONE: z.strictObject({ model: text, gpu: text }),
  ADDON_BROKEN: none,
  /** A library that the processor's path needs does not load. `platform`: of Node. */
  PROCESSOR_BROKEN: z.strictObject({ platform: text }),
  /** Neither Vulkan nor Direct3D 12 answers. */
  WEBGPU_NONE: none,
  WEBGPU_NO_FLOAT16: z.strictObject({ model: text }),
  WEBGPU_WRONG: z.strictObject({ model: text }),
  /** `times`: how many times as long as the processor it takes; null where it was not waited for. */
  WEBGPU_SLOW: z.strictObject({ model: text, times: amount.nullable() }),
  SKIPPED_BY_USER: none,
  GPU_PREPARING: none,
  /** The processor was chosen while the GPU was looked for. */
  GPU_LOOKING: none,
  GPU_SILENT: none,
  /** The card that the person chose is not here, or no engine serves it. `gpu`: the one that is used instead. */
  GPU_CHOICE_GONE: z.strictObject({ gpu: text }),

  // What came with the app is not what was shipped (verify.ts, catalog.ts).
  CATALOG_UNREADABLE: z.strictObject({ file: text }),
  CATALOG_UNSIGNED: z.strictObject({ file: text }),
  CATALOG_ALTERED: z.strictObject({ file: text }),
  CARD_UNREADABLE: z.strictObject({ file: text }),
  CARD_ALTERED: z.strictObject({ file: text }),
  MODEL_MISSING: z.strictObject({ model: text }),
  FILE_MISSING: z.strictObject({ file: text }),
  ENGINE_HASH_MISMATCH: z.strictObject({ file: text }),
  ONNX_HASH_MISMATCH: z.strictObject({ file: text }),
  GOLDEN_UNREADABLE: z.strictObject({ file: text }),
  /** `file`: what the signed manifest knows by another hash (storage/manifest.ts). */
  INSTALL_ALTERED: z.strictObject({ file: text, isMissing: z.boolean() }),
  /** While it ran (main/installation.ts). The window offers to close the app. */
  INSTALL_GONE: none,
  /** Likewise. The window offers to start it again. */
  INSTALL_REPLACED: none,

  // Files that someone else made (native/onnx.ts, pack.ts).
  ONNX_REFUSED: z.strictObject({ file: text }),
  PACK_REFUSED: z.strictObject({ file: text, reason: PackFault }),

  // Refitting and running (host).
  REFIT_FAILED: z.strictObject({ model: text }),
  PLAN_WRONG: z.strictObject({ model: text }),
  SESSION_FAILED: z.strictObject({ model: text }),
  RUN_FAILED: z.strictObject({ model: text }),
  OUT_OF_VRAM: z.strictObject({ model: text }),
  OUT_OF_MEMORY: z.strictObject({ model: text }),
  /** The driver reported a fault; nothing more can run in that process. */
  GPU_FAULT: z.strictObject({ model: text }),
  /** `goesOn`: what it was at is done all the same, there again or on the processor. */
  HOST_DIED: z.strictObject({ how: Death.exactOptional(), goesOn: z.boolean().exactOptional() }),
  HOST_GAVE_UP: z.strictObject({ how: Death.exactOptional() }),

  // The cache: the session still runs, only the next start is slower.
  CACHE_FULL: z.strictObject({ neededBytes: amount }),
  CACHE_READ_ONLY: z.strictObject({ folder: text }),
  CACHE_FAILED: z.strictObject({ folder: text }),
  CACHE_NOT_OURS: z.strictObject({ folder: text }),
  CACHE_DAMAGED: z.strictObject({ model: text }),
  CACHE_OUTDATED: none,
  /** At the start: neither log, key, choice nor engines can be kept. */
  NOTHING_KEPT: z.strictObject({ folder: text, why: WriteFault }),

  // Pictures.
  /** `why`: its end is missing, or it is of a kind that is named. */
  PICTURE_UNREADABLE: z.strictObject({
    name: text,
    why: z.union([z.literal('cut'), z.strictObject({ coding: JpegCoding })]).exactOptional(),
  }),
  PICTURE_EMPTY: z.strictObject({ name: text }),
  PICTURE_NOT_OPENED: z.strictObject({ name: text }),
  PICTURE_TOO_LARGE: z.strictObject({ width: amount, height: amount, maxPixels: amount, maxSide: amount }),
  PICTURE_FILE_TOO_LARGE: z.strictObject({ name: text, bytes: amount, maxBytes: amount }),
  /** A picture, or what a tool makes of it, has no room in memory or on the disk. */
  PICTURE_NEEDS_ROOM: z.strictObject({ neededBytes: amount, freeBytes: amount }),
  /** The disk, or memory, filled up while a result was made. */
  RESULT_DISK_FULL: none,
  SAVE_FAILED: z.strictObject({ file: text }),
  NAME_TOO_LONG: none,
  /** `taken`: by what is no file, a folder perhaps. */
  NAME_REFUSED: z.strictObject({ name: text, fault: z.enum([...nameFaults, 'taken']) }),
  /** No room left while a picture was written. */
  DISK_FULL: z.strictObject({ file: text }),
  /** Of a queue: the folder that results go to, for which all of its pictures wait. */
  OUTPUT_GONE: z.strictObject({ folder: text }),
  OUTPUT_FORBIDDEN: z.strictObject({ folder: text }),
  /** `name`: of the picture whose result had no room; others wait with it. */
  OUTPUT_FULL: z.strictObject({ name: text }),
  /** A queue keeps no more recipes. */
  RECIPES_FULL: z.strictObject({ most: amount }),
  /** Wider or higher than the format can hold. `maxSide`, `others`: what it can, and the formats that can hold more. */
  FORMAT_TOO_SMALL: z.strictObject({ format, maxSide: amount, others: z.array(format) }),

  // The window itself (pageLife.ts).
  /** Its page went while a tool was at work. */
  WINDOW_GONE: z.strictObject({ tool: text }),
  WINDOW_FAILING: none,
  WINDOW_SILENT: none,

  // Ours.
  BUSY: none,
  BAD_MESSAGE: z.strictObject({ channel: text }),
  INTERNAL: none,
} as const;

export type ErrorCode = keyof typeof errorParams;
export type ErrorParams = { [C in ErrorCode]: z.infer<(typeof errorParams)[C]> };
export const errorCodes = Object.keys(errorParams) as [ErrorCode, ...ErrorCode[]];
