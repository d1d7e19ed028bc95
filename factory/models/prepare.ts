/**
 * Prepares the models. For each folder's `model.json` it fetches the network and a sample picture, converts, checks, and writes
 * `prepared/`: `model.onnx`, `golden.json` and its files (app/golden.ts), the sample. It skips what is up to date.
 *
 *   npx tsx factory/models/prepare.ts
 */
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { type ModelCard, parseModelCard } from '../../app/catalog';
import { GoldenManifest } from '../../app/golden';
import { checkPinned, provideSource } from './fetch';
import { ensurePython, exists, type Log, python, repository } from './python';

const models = path.join(repository, 'models');
const converters = path.join(repository, 'factory', 'models');

/** `prepared/stamp.json`: the hash of what the folder was made from, and the files in it. */
const Stamp = z.strictObject({ inputsSha256: z.string(), files: z.record(z.string(), z.int()) });

/**
 * Brings every model's `prepared/` up to date.
 * @throws AppError CARD_UNREADABLE; Error with what to do where fetching or converting fails.
 */
export async function prepareModels(log: Log): Promise<void> {
  const folders = await modelFolders();
  const stale: { folder: string; inputsSha256: string }[] = [];
  for (const folder of folders) {
    const inputsSha256 = await hashInputs(folder);
    if (!(await isPrepared(folder, inputsSha256))) stale.push({ folder, inputsSha256 });
  }
  if (stale.length === 0) return;
  await ensurePython(['requirements.txt'], log);
  for (const [i, { folder, inputsSha256 }] of stale.entries()) {
    const card = await readCard(folder);
    await prepareFolder(folder, card, inputsSha256, (line) => log(`[${i + 1}/${stale.length}] ${card.name}: ${line}`));
  }
}

/** Folders of `models/` that hold a card. */
export async function modelFolders(): Promise<string[]> {
  const entries = await readdir(models, { withFileTypes: true });
  const folders = entries
    // A folder with a dot is a model that `refit add` makes now, or was making when it was stopped.
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .map((entry) => path.join(models, entry.name));
  const hasCard = await Promise.all(folders.map((folder) => exists(path.join(folder, 'model.json'))));
  return folders.filter((_, i) => hasCard[i]).sort();
}

/** Reads a folder's card. Its id must be the folder's name, by which everything else finds it. */
export async function readCard(folder: string): Promise<ModelCard> {
  const file = path.join(folder, 'model.json');
  const card = parseModelCard(await readFile(file, 'utf8'), file);
  if (card.id !== path.basename(folder)) throw new Error(`${file}: the id ${card.id} is not its folder's name.`);
  return card;
}

/** Makes one model's `prepared/` anew, whole or not at all. @param inputsSha256 as `hashInputs` gives it. */
export async function prepareFolder(folder: string, card: ModelCard, inputsSha256: string, log: Log): Promise<void> {
  const sources: string[] = [];
  for (const source of card.sources) sources.push(await provideSource(folder, source, log));
  const sample = await provideSource(folder, card.sample.source, log);

  const partial = path.join(folder, 'prepared.partial');
  const prepared = path.join(folder, 'prepared');
  await rm(partial, { recursive: true, force: true });
  await mkdir(partial);
  try {
    log('converting');
    await convertModel(folder, card, sources, path.join(partial, 'model.onnx'));
    log('running it once on the processor, as the reference for every GPU');
    await python([path.join(converters, 'golden.py'), path.join(folder, 'model.json'), sample, partial]);
    GoldenManifest.parse(JSON.parse(await readFile(path.join(partial, 'golden.json'), 'utf8')));
    const files = await fileSizes(partial);
    await writeFile(path.join(partial, 'stamp.json'), JSON.stringify({ inputsSha256, files }));
    await rm(prepared, { recursive: true, force: true });
    await rename(partial, prepared);
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
  log('ready');
}

/**
 * Runs a model's `convert.py` and checks what comes out against its card.
 * @param sources the card's source files, fetched and checked.
 */
export async function convertModel(folder: string, card: ModelCard, sources: string[], onnx: string): Promise<void> {
  await python([path.join(converters, 'build_onnx.py'), folder, onnx, ...sources]);
  await checkPinned(onnx, card.onnx).catch((error) => {
    throw new Error(
      `${error.message}\nIf you changed a converter or a pinned version on purpose, put the new figures into ` +
        `${path.join(folder, 'model.json')}; engines must then be built again.`,
    );
  });
}

/** The hash of everything that decides what `prepared/` holds. */
export async function hashInputs(folder: string): Promise<string> {
  const hash = createHash('sha256');
  for (const place of [converters, folder]) {
    const names = (await readdir(place)).filter((name) => /\.(py|json)$|^requirements\.txt$/.test(name)).sort();
    for (const name of names) hash.update(`${name}\0`).update(await readFile(path.join(place, name)));
  }
  return hash.digest('hex');
}

async function isPrepared(folder: string, inputsSha256: string): Promise<boolean> {
  const prepared = path.join(folder, 'prepared');
  try {
    const stamp = Stamp.parse(JSON.parse(await readFile(path.join(prepared, 'stamp.json'), 'utf8')));
    if (stamp.inputsSha256 !== inputsSha256) return false;
    const sizes = await fileSizes(prepared);
    return Object.entries(stamp.files).every(([name, bytes]) => sizes[name] === bytes);
  } catch {
    return false;
  }
}

async function fileSizes(folder: string): Promise<Record<string, number>> {
  const names = await readdir(folder);
  const sizes = await Promise.all(names.map(async (name) => (await stat(path.join(folder, name))).size));
  return Object.fromEntries(names.map((name, i) => [name, sizes[i] ?? 0]));
}

if (process.argv[1] && path.resolve(process.argv[1]) === import.meta.filename) {
  prepareModels((line) => process.stdout.write(`${line}\n`)).catch((error) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  });
}
