/**
 * What the packaged app is made of, written into it: a CycloneDX bill of materials, and the licence texts of what is bundled. The
 * npm packages are those that Vite put into dist/ (tools/bundled.ts) and those that lie beside the asar; the native parts are named
 * here. Every file outside the asar is in it with its hash.
 */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Contrib, Enums, Models, Serialize, Spec } from '@cyclonedx/cyclonedx-library';
import { PackageURL } from 'packageurl-js';
import parseSpdx from 'spdx-expression-parse';
import { z } from 'zod';
import { hashFile, manifestName } from '../main/manifest';
import { modelFolders, readCard } from '../models/prepare';
import { bundledFile } from './build';
import type { Electron } from './electron';
import { filesBelow } from './manifest';
import { partOf } from './refit/budget';

const root = path.resolve(import.meta.dirname, '..');
export const sbomName = 'sbom.cdx.json';
export const licencesName = 'licences.txt';

const licences = new Contrib.License.Factories.LicenseFactory(parseSpdx);
const npm = new Contrib.FromNodePackageJson.Builders.ComponentBuilder(
  new Contrib.FromNodePackageJson.Factories.ExternalReferenceFactory(),
  licences,
);

/** npm packages that ship but are not bundled: ONNX Runtime lies beside the asar, headers are compiled into the addon. */
const alsoShipped = ['onnxruntime-node', 'onnxruntime-common', 'node-addon-api', 'node-api-headers'].map(
  (name) => `node_modules/${name}`,
);

/** Folders of all npm packages of which something ships, relative to the repository. */
export async function shippedPackages(): Promise<string[]> {
  const bundled = z.array(z.string()).parse(JSON.parse(await readFile(bundledFile, 'utf8')));
  return [...new Set([...bundled, ...alsoShipped])].sort();
}

/** Writes `sbom.cdx.json` and `licences.txt`. @param app the unpacked app. @param resources its resources folder. */
export async function writeSbom(app: string, resources: string, electron: Electron): Promise<void> {
  await writeLicences(path.join(resources, licencesName));
  const bom = new Models.Bom();
  bom.metadata.timestamp = new Date();
  bom.metadata.component = await packageComponent('.', Enums.ComponentType.Application);
  for (const folder of await shippedPackages()) bom.components.add(await packageComponent(folder));
  for (const component of await nativeParts(electron)) bom.components.add(component);
  for (const component of await models()) bom.components.add(component);
  await addFiles(bom, app);
  const serializer = new Serialize.JsonSerializer(new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6));
  await writeFile(path.join(resources, sbomName), serializer.serialize(bom, { sortLists: true, space: 1 }));
}

async function packageComponent(folder: string, type?: Enums.ComponentType): Promise<Models.Component> {
  const manifest = await readPackage(folder);
  const component = npm.makeComponent(manifest, type);
  if (!component) throw new Error(`${folder}/package.json is not one that a bill of materials can name.`);
  component.purl = new PackageURL('npm', component.group, component.name, manifest.version, null, null).toString();
  return component;
}

async function nativeParts(electron: Electron): Promise<Models.Component[]> {
  const { version } = await readPackage('.');
  const part = (name: string, version: string, licence: string, purl?: string) =>
    new Models.Component(Enums.ComponentType.Library, name, {
      version,
      licenses: new Models.LicenseRepository([licences.makeFromString(licence)]),
      ...(purl && { purl }),
    });
  return [
    part('electron', electron.version, 'MIT', `pkg:npm/electron@${electron.version}`),
    part('tensorrt-rtx', '1.6.1.120', 'NVIDIA Software License Agreement', 'pkg:pypi/tensorrt-rtx-cu12-libs@1.6.1.120'),
    part('tensorrt-rtx-headers', '1.6', 'Apache-2.0', 'pkg:cargo/trtx-sys@0.9.1%2Brtx1.7'),
    part('refit-addon', version, 'Apache-2.0'),
  ];
}

async function models(): Promise<Models.Component[]> {
  const cards = await Promise.all((await modelFolders()).map(readCard));
  return cards.map(
    ({ id, licence, onnx }) =>
      new Models.Component(Enums.ComponentType.MachineLearningModel, id, {
        licenses: new Models.LicenseRepository([licences.makeFromString(licence.spdx)]),
        author: licence.holder,
        hashes: new Models.HashDictionary([[Enums.HashAlgorithm['SHA-256'], onnx.sha256]]),
      }),
  );
}

/** Every file of the app but the asar and what is written after this, under the name of the part that it belongs to. */
async function addFiles(bom: Models.Bom, app: string): Promise<void> {
  for (const file of await filesBelow(app)) {
    if (file === `resources/${sbomName}` || file.startsWith(`resources/${manifestName}`)) continue;
    const sha256 = await hashFile(path.join(app, ...file.split('/')));
    // Fuses and a code signature go into the executable after this.
    const hashes = /^refit(\.exe)?$/i.test(file) ? [] : [[Enums.HashAlgorithm['SHA-256'], sha256] as const];
    const options = { group: partOf(file), hashes: new Models.HashDictionary(hashes) };
    bom.components.add(new Models.Component(Enums.ComponentType.File, file, options));
  }
}

/** The licence text of every shipped npm package, as its own file in the package has it. */
async function writeLicences(target: string): Promise<void> {
  const texts: string[] = [];
  for (const folder of await shippedPackages()) {
    const { name, version, license, author } = await readPackage(folder);
    const files = (await readdir(path.join(root, folder))).filter((file) => /^(licen[cs]e|copying|notice)/i.test(file));
    const found = await Promise.all(files.sort().map((file) => readFile(path.join(root, folder, file), 'utf8')));
    if (found.length === 0 && license !== 'MIT') throw new Error(`${folder} has no licence text, and is not MIT.`);
    const text = found.length > 0 ? found.join('\n\n') : mit(typeof author === 'string' ? author : author?.name);
    texts.push(`${'='.repeat(80)}\n${name} ${version} (${license})\n\n${text.trim()}\n`);
  }
  await writeFile(target, texts.join('\n'));
}

/** For packages that name this licence and do not bring its text. */
const mit = (holder = 'the authors of the package') => `Copyright (c) ${holder}

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation files
(the "Software"), to deal in the Software without restriction, including without limitation the rights to use, copy, modify, merge,
publish, distribute, sublicense, and/or sell copies of the Software, and to permit persons to whom the Software is furnished to do
so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF
MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE
FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN
CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.`;

const Package = z.looseObject({
  name: z.string(),
  version: z.string(),
  license: z.string(),
  author: z.union([z.string(), z.looseObject({ name: z.string() })]).exactOptional(),
});

async function readPackage(folder: string): Promise<z.infer<typeof Package>> {
  return Package.parse(JSON.parse(await readFile(path.join(root, folder, 'package.json'), 'utf8')));
}
