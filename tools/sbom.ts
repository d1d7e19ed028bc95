/**
 * Writes the packaged app's CycloneDX bill of materials. Its npm packages are those that Vite bundled (tools/bundled.ts) and those that
 * lie beside the asar (tools/shipped.ts); this file names the native parts. Every file outside the asar is listed with its hash.
 */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Contrib, Enums, Models, Serialize, Spec } from '@cyclonedx/cyclonedx-library';
import { PackageURL } from 'packageurl-js';
import parseSpdx from 'spdx-expression-parse';
import { runtimeOf } from '../app/runtimes';
import { partOf } from '../factory/cli/budget';
import { modelFolders, readCard } from '../factory/models/prepare';
import { shippedRuntimes } from '../native/places';
import { headerCrate } from '../native/sdk';
import { hashFile, manifestName } from '../storage/manifest';
import type { Electron } from './electron';
import { filesBelow } from './manifest';
import { readPackage, shippedPackages } from './shipped';

export const sbomName = 'sbom.cdx.json';

const licences = new Contrib.License.Factories.LicenseFactory(parseSpdx);
const npm = new Contrib.FromNodePackageJson.Builders.ComponentBuilder(
  new Contrib.FromNodePackageJson.Factories.ExternalReferenceFactory(),
  licences,
);

/** Writes `sbom.cdx.json`. @param app the unpacked app. @param resources its resources folder. */
export async function writeSbom(app: string, resources: string, electron: Electron): Promise<void> {
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
    ...(await shippedRuntimes())
      .map(runtimeOf)
      .flatMap(({ version: of, wheel }) => [
        part(
          'tensorrt-rtx',
          wheel.version,
          'NVIDIA Software License Agreement',
          new PackageURL('pypi', null, wheel.package, wheel.version, null, null).toString(),
        ),
        part(
          'tensorrt-rtx-headers',
          of.split('.').slice(0, 2).join('.'),
          'Apache-2.0',
          `pkg:cargo/${headerCrate.name}@${headerCrate.version}%2Brtx1.7`,
        ),
      ]),
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

/** Adds every file of the app, except the asar and files that are written later, to the part that it belongs to. */
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
