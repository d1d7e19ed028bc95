/**
 * Makes a model folder of an ONNX file, for `refit add`: card, converter, a tool where the network gives no picture back, and all of it
 * prepared. The folder grows under a name with a dot and gets its own name once it is whole.
 */
import { copyFile, mkdir, readdir, readFile, rename, rm, stat, statfs, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { id as idSchema, type ModelCard, ModelCard as ModelCardSchema } from '../../app/catalog';
import { GoldenManifest } from '../../app/golden';
import { asNumbers } from '../../app/numbers';
import { message } from '../../native/commands';
import { type AddOptions, convertScript, type Draft, draftCard, toolScript, usualSample } from './addCard';
import { hashFile } from './fetch';
import { AddRefused, inspectOnnx, isNoRoom, only, refusing } from './onnxFacts';
import { hashInputs, modelFolders, prepareFolder, readCard } from './prepare';
import { ensurePython, exists, type Log, python, repository } from './python';

export { AddRefused };

/** File in a model's folder with the text of a licence that is none of SPDX's or has words of its own. */
export const ownLicence = 'licence.txt';

export interface AddRequest extends Omit<AddOptions, 'order' | 'profiles' | 'spdx'> {
  onnx: string;
  order?: number;
  /** Omitted: `licenceFile` is the licence; without that it is unknown, which no release may have. */
  spdx?: string;
  /** A text file with the licence in its own words. */
  licenceFile?: string;
  profiles: { height: number; width: number }[];
  /** The outputs to keep, by their names in the file and in this order; all where omitted. */
  output?: string[];
  /** A picture to try the tool on; one that Refit has where omitted. */
  sample?: string;
  sampleLicence?: string;
  /** Where the folder is made: `models/`; tests give another. */
  modelsDir?: string;
  /** Free bytes of a folder's disk. */
  freeBytes?: (folder: string) => Promise<number>;
  /** Tries whether the engine library takes the network. @throws AddRefused where it does not. */
  tryEngine?: (card: ModelCard, onnxFile: string) => Promise<void>;
}

/** @returns the card; its folder is `models/<id>`. @throws AddRefused; nothing is then left of the folder. */
export async function addModel(request: AddRequest, log: Log): Promise<ModelCard> {
  const { id, modelsDir = path.join(repository, 'models') } = request;
  if (!idSchema.safeParse(id).success)
    throw new AddRefused(`${id} is no id: lower-case letters, digits and dashes, it is a folder's name.`);
  const folder = path.join(modelsDir, id);
  if (await exists(folder)) throw new AddRefused(`models/${id} is there already.`);
  const onnx = path.resolve(request.onnx);
  if (!(await exists(onnx))) throw new AddRefused(`There is no file ${request.onnx}.`);

  await removeLeftovers(modelsDir);
  const growing = path.join(modelsDir, `.${id}.${process.pid}.adding`);
  await ensurePython(['requirements.txt'], log);
  try {
    await mkdir(path.join(growing, 'source'), { recursive: true });
    const card = await grow(growing, onnx, request, log);
    await rename(growing, folder);
    return card;
  } catch (error) {
    throw isNoRoom(error) ? new AddRefused('The disk is full.', String(error)) : error;
  } finally {
    await rm(growing, { recursive: true, force: true });
  }
}

async function grow(folder: string, onnx: string, request: AddRequest, log: Log): Promise<ModelCard> {
  const file = `${request.id}.onnx`;
  const source = path.join(folder, 'source', file);
  log('reading the network');
  const room = await (request.freeBytes ?? free)(folder);
  const facts = only(await inspectOnnx(onnx, request.profiles[0], source, room), request.output);
  const options: AddOptions = {
    ...request,
    order: request.order ?? (await nextOrder()),
    spdx: request.spdx ?? `LicenseRef-${request.licenceFile ? request.id : 'unknown'}`,
  };
  if (request.licenceFile) await copyLicence(request.licenceFile, path.join(folder, ownLicence));
  const draft = draftOf(
    facts,
    options,
    path.basename(onnx),
    [await folderSource(folder, source)],
    await sampleOf(folder, request),
  );
  await writeFile(path.join(folder, 'convert.py'), convertScript(facts, options, draft, file));
  if (draft.flow.kind === 'whole') await writeFile(path.join(folder, 'tool.ts'), toolScript);

  log('converting');
  const converted = path.join(folder, 'converted.onnx');
  await refusing('The network could not be made to take pixels.', () =>
    python([path.join(repository, 'factory', 'models', 'build_onnx.py'), folder, converted, source]),
  );
  const { size } = await stat(converted);
  const onnxPins = { bytes: size, sha256: await hashFile(converted), precision: facts.precision };
  const card = cardOf({ ...draft, onnx: onnxPins, errorBoundReason: unmeasured });
  await writeCard(folder, card);
  await request.tryEngine?.(card, converted);
  await rm(converted);

  // Preparing converts once more, which shows that the same bytes come out.
  await refusing('The network could not be prepared.', async () =>
    prepareFolder(folder, card, await hashInputs(folder), log),
  );
  const bounded = { ...card, outputs: await boundsOf(path.join(folder, 'prepared'), card) };
  await writeCard(folder, bounded);
  await restamp(folder);
  return bounded;
}

/** A card with its fields in the order that all cards have. */
function cardOf(fields: ModelCard): ModelCard {
  const parsed = ModelCardSchema.safeParse(fields);
  if (parsed.success) return parsed.data;
  throw new AddRefused('No good card can be made of these options.', z.prettifyError(parsed.error));
}

const unmeasured =
  'Not measured yet. Of uint8: 4, a few steps of half precision. Of numbers: 2 % of what lies between the smallest and the ' +
  'largest of the sample. A plan without its weights gives zeros. To be replaced by what npm run test:gpu measures.';

/** Bounds of the outputs' errors: a share of the range that the reference has. */
async function boundsOf(prepared: string, card: ModelCard): Promise<ModelCard['outputs']> {
  const manifest = GoldenManifest.parse(JSON.parse(await readFile(path.join(prepared, 'golden.json'), 'utf8')));
  return Promise.all(
    card.outputs.map(async (output) => {
      if (output.dtype === 'uint8') return output;
      let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
      for (const { outputs } of Object.values(manifest.profiles)) {
        const found = outputs.find(({ name }) => name === output.name);
        if (!found) continue;
        for (const value of asNumbers(await readFile(path.join(prepared, found.file)), output.dtype)) {
          least = Math.min(least, value);
          most = Math.max(most, value);
        }
      }
      return { ...output, maxAbsError: Number((0.02 * (most - least)).toPrecision(2)) };
    }),
  );
}

function draftOf(...args: Parameters<typeof draftCard>): Draft {
  try {
    return draftCard(...args);
  } catch (error) {
    throw new AddRefused(message(error));
  }
}

async function sampleOf(folder: string, { sample, sampleLicence }: AddRequest): Promise<Draft['sample']> {
  if (!sample) return usualSample;
  const file = `sample${path.extname(sample).toLowerCase()}`;
  if (!/\.(png|jpe?g|webp)$/.test(file)) throw new AddRefused(`${sample} is no PNG, JPEG or WebP picture.`);
  const copy = path.join(folder, 'source', file);
  await copyFile(path.resolve(sample), copy).catch((error) => {
    throw new AddRefused(`${sample} could not be read.`, String(error));
  });
  return { file, licence: sampleLicence ?? 'unknown', source: await folderSource(folder, copy) };
}

async function copyLicence(file: string, into: string): Promise<void> {
  const text = await readFile(path.resolve(file), 'utf8').catch((error) => {
    throw new AddRefused(`${file} could not be read.`, String(error));
  });
  if (text.trim() === '' || /[\0\uFFFD]/.test(text)) throw new AddRefused(`${file} is no text.`);
  await writeFile(into, text);
}

async function folderSource(folder: string, file: string): Promise<Draft['sources'][number]> {
  const { size } = await stat(file);
  const inner = path.relative(folder, file).split(path.sep).join('/');
  return { registry: 'folder', file: inner, bytes: size, sha256: await hashFile(file) };
}

async function nextOrder(): Promise<number> {
  const cards = await Promise.all((await modelFolders()).map(readCard));
  return Math.max(0, ...cards.map(({ order }) => order)) + 1;
}

const writeCard = (folder: string, card: ModelCard): Promise<void> =>
  writeFile(path.join(folder, 'model.json'), `${JSON.stringify(card, null, 2)}\n`);

/** Brings the stamp up to date: the bounds that were just written do not change what was prepared. */
async function restamp(folder: string): Promise<void> {
  const file = path.join(folder, 'prepared', 'stamp.json');
  const stamp = z.looseObject({}).parse(JSON.parse(await readFile(file, 'utf8')));
  await writeFile(file, JSON.stringify({ ...stamp, inputsSha256: await hashInputs(folder) }));
}

async function free(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

/** Removes folders that a killed `add` left behind a day ago or more: no network takes so long. */
async function removeLeftovers(modelsDir: string): Promise<void> {
  for (const name of await readdir(modelsDir)) {
    if (!name.endsWith('.adding')) continue;
    const leftover = path.join(modelsDir, name);
    const { mtimeMs } = await stat(leftover);
    if (Date.now() - mtimeMs > 86_400_000) await rm(leftover, { recursive: true, force: true });
  }
}
