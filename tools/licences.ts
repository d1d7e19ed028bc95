/**
 * Writes the packaged app's `licences.txt`: the licence text and copyright notice of everything in it, from where its makers publish
 * them. Where they publish none, the entry says so and has the standard text of the licence that they name.
 */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { ModelCard, PackageSource } from '../app/catalog';
import { runtimeOf, versionOf } from '../app/runtimes';
import { fetchSource } from '../factory/models/fetch';
import { modelLicences, onnxRuntimeLicences, scikitImageLicence } from '../factory/models/licenceFiles';
import { isPublicDomain, isScikitImages, ownText, standardText } from '../factory/models/licences';
import { modelFolders, readCard } from '../factory/models/prepare';
import { ensurePython } from '../factory/models/python';
import { includeDir, shippedRuntimes } from '../native/places';
import { headerCrate } from '../native/sdk';
import type { Electron } from './electron';
import { readPackage, shippedPackages } from './shipped';

const root = path.resolve(import.meta.dirname, '..');
export const licencesName = 'licences.txt';
export const rule = '='.repeat(80);

/**
 * Writes `licences.txt`. It may say of a model that its licence is unknown; no release has such a model (`unlicensed`).
 * @throws Error where any other text cannot be had: an app without it must not be given to anyone.
 */
export async function writeLicences(
  target: string,
  electron: Pick<Electron, 'version'>,
  log: Log,
  models?: string[],
): Promise<void> {
  await ensurePython(['requirements.txt'], log);
  const engineLibraries = await shippedRuntimes();
  const entries = [await refit(), electronPart(electron)];
  for (const name of engineLibraries) entries.push(engineLibrary(name));
  for (const name of engineLibraries) entries.push(await headers(name));
  for (const folder of await shippedPackages()) entries.push(await npmPackage(folder, log));
  for (const folder of models ?? (await modelFolders())) {
    const card = await readCard(folder);
    entries.push(await model(folder, card, log), await sample(card, log));
  }
  await writeFile(target, entries.join('\n'));
}

type Log = (line: string) => void;

/** @param title what it is, by which test/e2e/sbom.spec.ts finds it. */
const entry = (title: string, licence: string, texts: string[]) =>
  `${rule}\n${title} (${licence})\n\n${texts.map((text) => text.trim()).join('\n\n')}\n`;

async function refit(): Promise<string> {
  const { version, license } = await readPackage('.');
  return entry(`Refit ${version}`, license, [
    await readFile(path.join(root, 'NOTICE'), 'utf8'),
    standard(license, 'The Refit authors'),
  ]);
}

/** Electron, which its makers ship with licence files of its own. */
const electronPart = (electron: Pick<Electron, 'version'>) =>
  entry(`Electron ${electron.version}`, 'MIT', [
    'The licence: LICENSE.electron.txt. Those of Chromium, Node.js, FFmpeg and all others in it: LICENSES.chromium.html. Both ' +
      "lie beside the app's executable.",
  ]);

const engineLibrary = (name: string) =>
  entry(`TensorRT for RTX ${runtimeOf(name).wheel.version}`, 'NVIDIA Software License Agreement', [
    'Libraries, and the kernels in engines/. The agreement, with the notices of what is in the libraries: ' +
      `native/lib/${versionOf(name)}/LICENSE.txt.`,
  ]);

/** Headers that are compiled into an addon; each says whose it is. */
async function headers(name: string): Promise<string> {
  const folder = includeDir(name);
  const texts = await Promise.all((await readdir(folder)).map((file) => readFile(path.join(folder, file), 'utf8')));
  const holders = texts.flatMap((text) => /SPDX-FileCopyrightText: (.+)/.exec(text)?.[1] ?? []);
  return entry(
    `TensorRT-RTX ${versionOf(name)} headers, of crate ${headerCrate.name} ${headerCrate.version}`,
    'Apache-2.0',
    [[...new Set(holders)].sort().join('\n'), standard('Apache-2.0', 'NVIDIA CORPORATION & AFFILIATES')],
  );
}

async function npmPackage(folder: string, log: Log): Promise<string> {
  const { name, version, license, author } = await readPackage(folder);
  const title = `${name} ${version}`;
  if (name.startsWith('onnxruntime-')) {
    const differs = onnxRuntimeLicences.some((source) => source.version !== version);
    if (differs) throw new Error(`${title}: factory/models/licenceFiles.ts has the licence of another version.`);
    // The notices are long, and only one of the two packages has the native code that they are about.
    const sources = name === 'onnxruntime-node' ? onnxRuntimeLicences : onnxRuntimeLicences.slice(0, 1);
    return entry(title, license, await read(sources, log));
  }
  const files = (await readdir(path.join(root, folder))).filter((file) => /^(licen[cs]e|copying|notice)/i.test(file));
  const isLibvips = /^@img\/sharp-/.test(name) && license.includes('LGPL');
  // libvips' README lists the libraries inside, each with its licence. The LGPL is written as additions to the GPL, so both are needed.
  if (isLibvips) files.push('README.md');
  const more = isLibvips ? [standard('LGPL-3.0-or-later', name), standard('GPL-3.0-or-later', name)] : [];
  const found = await Promise.all(files.sort().map((file) => readFile(path.join(root, folder, file), 'utf8')));
  if (found.length > 0) return entry(title, license, [...found, ...more]);
  const who = typeof author === 'string' ? author : (author?.name ?? 'nobody');
  return entry(title, license, [
    `The package has no licence text and no copyright line. It names ${license}, and as its author ${who}.`,
    standard(license, who),
  ]);
}

async function model(folder: string, { id, licence }: ModelCard, log: Log): Promise<string> {
  const { own, carrier } = modelLicences[id] ?? { own: [], carrier: [] };
  const named = `${licence.origin}. Of: ${licence.holder}.`;
  const inFolder = await ownText(folder);
  const texts = inFolder ? [inFolder] : own.length > 0 ? await read(own, log) : standardOrNone(licence);
  const about = carrier.map((source) => `The licence of the package that it comes from, ${source.package}:`);
  return entry(`model ${id}`, licence.spdx, [named, ...texts, ...about, ...(await read(carrier, log))]);
}

function standardOrNone({ spdx, holder }: ModelCard['licence']): string[] {
  const text = standardText(spdx, holder);
  return text
    ? [`Its makers' own licence text is in no package that the model comes from. The standard text of ${spdx}:`, text]
    : [unknown];
}

const unknown = 'Its licence is not known here: it may not be given to anyone until it is.';

async function sample(card: ModelCard, log: Log): Promise<string> {
  const { id, sample } = card;
  const { file, licence, source } = sample;
  const from =
    source.registry === 'folder' ? 'a file of whoever added the model' : `${source.file} of ${source.package}`;
  const title = `sample picture of ${id}, ${file}`;
  const words = `${licence}. From: ${from}.`;
  if (isPublicDomain(card)) return entry(title, licence, [`${words} Nobody has rights in it.`]);
  if (isScikitImages(card)) return entry(title, licence, [words, ...(await read([scikitImageLicence], log))]);
  const [spdx = licence, holder = 'its maker'] = licence.split(', ');
  return entry(title, licence, [words, standardText(spdx, holder) ?? unknown]);
}

/** Reads texts one after the other: two may be in one package, which is then fetched once. */
async function read(sources: PackageSource[], log: Log): Promise<string[]> {
  const texts: string[] = [];
  for (const source of sources) texts.push(await readFile(await fetchSource(source, log), 'utf8'));
  return texts;
}

/** @throws Error where `spdx` is no single licence of SPDX. */
function standard(spdx: string, holder: string): string {
  const text = standardText(spdx, holder);
  if (!text) throw new Error(`${spdx} is not one SPDX licence; add its text to factory/models/licenceFiles.ts.`);
  return text;
}
