/**
 * Versions of a model's weights: what shipped, and what weight packs made of it, beside each other. A version is a folder
 * `<weights>/<model>/<sha256 of its ONNX>/`, laid out as `models/<id>/prepared`; which one is used is a small record,
 * `choice.json`. Here the app looks as if the chosen versions had shipped, so that nothing else needs to know of them.
 */
import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { z } from 'zod';
import { type EngineEntry, type ModelCard, sha256 as sha256Schema } from '../../app/catalog';
import { AppError } from '../../app/errors';
import type { GpuTask, ModelFiles } from '../../host/protocol';
import {
  exists,
  type Files,
  privateFolder,
  removeFolder,
  restoreReplaced,
  sweepTemporary,
  writeFolder,
} from '../../storage/folder';
import { readBounded, readText } from '../../storage/readBounded';
import { isSealed, sealOf } from '../../storage/seal';
import { maxGoldenBytes, readOnnx } from '../../storage/verify';
import { whenFree } from '../../storage/whenFree';
import type { Paths } from '../paths';
import type { Shipped } from '../setup/shipped';
import { applyPack, type Pack, readObject } from './pack';

const VersionRecord = z.strictObject({
  version: z.literal(1),
  /** The shipped weights that it was made from: beside others, of another version of the app, it is of no use. */
  shippedSha256: sha256Schema,
  onnx: z.strictObject({ sha256: sha256Schema, bytes: z.int().positive() }),
  installedAt: z.string(),
});
/** `mac` seals the model and the version together: a model's choice is no other's. */
const Choice = z.strictObject({ onnxSha256: sha256Schema, mac: z.string() });

export interface Version {
  onnx: { sha256: string; bytes: number };
  /** Folder with `model.onnx` and golden pictures. */
  dir: string;
  /** null: it came with the app. */
  installedAt: string | null;
}

export interface Versions {
  /** What shipped, with the chosen versions in place. Its lists are new ones after each choice: read them where they are used. */
  readonly shipped: Shipped;
  readonly paths: Paths;
  /** What came with the app first, then in order of installation; none of a model that is not there. */
  of(model: string): Version[];
  /** Every version of every model, for the hosts. */
  files(): ModelFiles[];
  /** @throws AppError MODEL_MISSING. */
  current(model: string): Version;
  /** A model's work with another version's weights. @throws AppError MODEL_MISSING. */
  taskWith(task: GpuTask, onnxSha256: string): GpuTask;
  /** Writes a pack's version beside the others, atomically, without choosing it. @throws AppError PACK_REFUSED. */
  install(pack: Pack): Promise<Version>;
  /** @throws AppError MODEL_MISSING if there is no such version. */
  choose(model: string, onnxSha256: string): Promise<void>;
  /** Never the one that came with the app, nor the chosen one. */
  remove(model: string, onnxSha256: string): Promise<void>;
}

/**
 * @param dir where versions lie, in the app's user data. Folders that cannot be read are left out.
 * @param seal the key that their records are sealed with (cacheKey.ts).
 */
export async function openVersions(dir: string, shipped: Shipped, paths: Paths, seal = ''): Promise<Versions> {
  const versions = new Map<string, Version[]>();
  const chosen = new Map<string, string>();
  for (const card of shipped.cards) {
    const base = { onnx: card.onnx, dir: path.dirname(paths.prepared(card.id, 'model.onnx')), installedAt: null };
    versions.set(card.id, [base, ...(await readInstalled(path.join(dir, card.id), card, seal))]);
    chosen.set(card.id, card.onnx.sha256);
  }
  const list = (model: string): Version[] => versions.get(model) ?? [];
  const find = (model: string, sha256: string): Version => {
    const found = list(model).find(({ onnx }) => onnx.sha256 === sha256);
    if (!found) throw new AppError('MODEL_MISSING', { model }, `no version ${sha256}`);
    return found;
  };
  const current = (model: string): Version => find(model, chosen.get(model) ?? '');

  /** An engine that takes other weights serves whichever version is chosen. */
  const withChosen = (entry: EngineEntry): EngineEntry => {
    const isOfShipped = entry.onnxSha256 === list(entry.model)[0]?.onnx.sha256;
    return isOfShipped && entry.flags.includes('REFIT')
      ? { ...entry, onnxSha256: current(entry.model).onnx.sha256 }
      : entry;
  };
  /** By the chosen versions: whoever runs pictures asks for them again and again. */
  let cards: ModelCard[] | undefined;
  for (const { id } of shipped.cards) {
    const choice = await readChoice(path.join(dir, id), id, seal);
    const version = list(id).find(({ onnx }) => onnx.sha256 === choice);
    if (version) chosen.set(id, version.onnx.sha256);
  }

  return {
    shipped: {
      ...shipped,
      get cards() {
        cards ??= shipped.cards.map((card) => filesOf(card, current(card.id)).card);
        return cards;
      },
      get catalog() {
        return { ...shipped.catalog, engines: shipped.catalog.engines.map(withChosen) };
      },
    },
    paths: {
      ...paths,
      prepared: (model, file) => {
        const version = chosen.has(model) ? current(model) : undefined;
        const ofVersion = version?.installedAt && /^(model\.onnx|golden\.json)$/.test(file);
        return ofVersion ? path.join(version.dir, file) : paths.prepared(model, file);
      },
    },
    of: list,
    files: () => shipped.cards.flatMap((card) => list(card.id).map((version) => filesOf(card, version))),
    current,
    taskWith: (task, sha256) => ({
      ...task,
      ...filesOf(task.card, find(task.card.id, sha256)),
      entry: { ...task.entry, onnxSha256: sha256 },
      identity: { ...task.identity, onnxSha256: sha256 },
    }),
    install: async (pack) => {
      const { model } = pack.manifest;
      const card = shipped.cards.find(({ id }) => id === model);
      if (!card) throw new AppError('MODEL_MISSING', { model });
      // Patches the version that the pack was made from. If there is none, applyPack says what is wrong with the current one.
      const from = list(model).find(({ onnx }) => onnx.sha256 === pack.manifest.from.onnxSha256) ?? current(model);
      const version = await writeVersion(path.join(dir, model), pack, card, from, seal);
      if (!list(model).some(({ onnx }) => onnx.sha256 === version.onnx.sha256)) list(model).push(version);
      return version;
    },
    choose: async (model, sha256) => {
      find(model, sha256);
      await privateFolder(path.join(dir, model));
      const choice: z.infer<typeof Choice> = { onnxSha256: sha256, mac: sealOf(choiceBytes(model, sha256), seal) };
      await whenFree(() =>
        writeFileAtomic(path.join(dir, model, choiceName), `${JSON.stringify(choice)}\n`, { mode: 0o600 }),
      );
      chosen.set(model, sha256);
      cards = undefined;
    },
    remove: async (model, sha256) => {
      const version = find(model, sha256);
      if (version.installedAt === null || sha256 === chosen.get(model)) return;
      await removeFolder(path.join(dir, model), version.dir);
      list(model).splice(list(model).indexOf(version), 1);
    },
  };
}

const filesOf = (card: ModelCard, { onnx, dir }: Version): ModelFiles => ({
  card: { ...card, onnx: { ...card.onnx, ...onnx } },
  onnxFile: path.join(dir, 'model.onnx'),
  preparedDir: dir,
});

/** Writes a version's folder: the patched ONNX, and golden pictures of the version before with the pack's references. */
async function writeVersion(dir: string, pack: Pack, card: ModelCard, from: Version, seal: string): Promise<Version> {
  const { manifest } = pack;
  const old = await readOnnx(path.join(from.dir, 'model.onnx'), { ...card, onnx: { ...card.onnx, ...from.onnx } });
  const onnx = await applyPack(pack, card.id, old);
  const name = manifest.to.onnxSha256;
  const target = path.join(dir, name);
  const record: z.infer<typeof VersionRecord> = {
    version: 1,
    shippedSha256: card.onnx.sha256,
    onnx: { sha256: name, bytes: manifest.to.bytes },
    installedAt: new Date().toISOString(),
  };
  const recordBytes = Buffer.from(JSON.stringify(record));
  const files: Files = { 'model.onnx': () => onnx };
  for (const { input, outputs } of Object.values(manifest.golden.profiles)) {
    // Their hashes are in the golden manifest, and checked when they are read.
    files[input.file] = () => readBounded(path.join(from.dir, input.file), maxGoldenBytes, { follow: true });
    for (const { file, sha256 } of outputs) {
      const object = manifest.references.find((reference) => reference.sha256 === sha256);
      if (!object) throw new AppError('PACK_REFUSED', { file: path.basename(pack.folder), reason: 'damaged' }, file);
      files[file] = () => readObject(pack, object);
    }
  }
  await privateFolder(dir);
  await writeFolder(dir, target, replacedPath(dir, name), {
    ...files,
    'golden.json': () => Buffer.from(JSON.stringify(manifest.golden)),
    'version.json': () => recordBytes,
    'version.mac': () => Buffer.from(sealOf(recordBytes, seal), 'latin1'),
  });
  return { onnx: record.onnx, dir: target, installedAt: record.installedAt };
}

/** Where a version lies while it is replaced by itself, installed again. */
const replacedPath = (dir: string, name: string): string => path.join(dir, `${replacedMark}${name}`);
const replacedMark = '.replaced-';

/** Repairs what a killed process left, then reads the versions that are there. */
async function readInstalled(dir: string, card: ModelCard, seal: string): Promise<Version[]> {
  await sweepTemporary(dir);
  // Of a choice that was cut off in being written; one app at a time has this folder.
  for (const name of await readdir(dir).catch(() => [] as string[]))
    if (name.startsWith(`${choiceName}.`)) await rm(path.join(dir, name), { force: true }).catch(() => {});
  for (const name of await readdir(dir).catch(() => [] as string[]))
    if (name.startsWith(replacedMark)) {
      const target = path.join(dir, name.slice(replacedMark.length));
      await restoreReplaced(target, path.join(dir, name));
      // If it could not be put back, it is the only copy and stays.
      if (await exists(target)) await rm(path.join(dir, name), { recursive: true, force: true }).catch(() => {});
    }
  const found: (Version & { installedAt: string })[] = [];
  for (const name of await readdir(dir).catch(() => [] as string[])) {
    try {
      const folder = path.join(dir, name);
      const bytes = await readBounded(path.join(folder, 'version.json'), maxRecordBytes);
      if (!isSealed(bytes, await readText(path.join(folder, 'version.mac'), maxRecordBytes), seal)) continue;
      const record = VersionRecord.parse(JSON.parse(bytes.toString('utf8')));
      if (record.shippedSha256 === card.onnx.sha256 && record.onnx.sha256 === name)
        found.push({ onnx: record.onnx, dir: folder, installedAt: record.installedAt });
    } catch {
      // Not a version, or half of one: left out.
    }
  }
  return found.sort((a, b) => a.installedAt.localeCompare(b.installedAt));
}

const choiceName = 'choice.json';
/** Of a choice, a version's record and their seals: some hundred bytes. */
const maxRecordBytes = 2 ** 16;

/** What a choice's seal covers; no record of a version begins like it. */
const choiceBytes = (model: string, onnxSha256: string): Buffer => Buffer.from(`choice\n${model}\n${onnxSha256}`);

/** @returns undefined if there is no choice, or a damaged or foreign one: the app then uses the shipped weights. Never throws. */
async function readChoice(dir: string, model: string, seal: string): Promise<string | undefined> {
  try {
    const { onnxSha256, mac } = Choice.parse(JSON.parse(await readText(path.join(dir, choiceName), maxRecordBytes)));
    return isSealed(choiceBytes(model, onnxSha256), mac, seal) ? onnxSha256 : undefined;
  } catch {
    return undefined;
  }
}
