/** The packaged app's bill of materials, compared with the files on disk. */
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { extractFile, listPackage } from '@electron/asar';
import { expect, test } from '@playwright/test';
import { z } from 'zod';
import { defaultRuntime, runtimeOf, versionOf } from '../../app/runtimes';
import { readCard } from '../../factory/models/prepare';
import { includeDir } from '../../native/places';
import { hashFile, hashPieces, Manifest } from '../../storage/manifest';
import { isSigned } from '../../storage/signature';
import { licencesName, rule } from '../../tools/licences';
import { addedByDeb, filesBelow } from '../../tools/manifest';
import { sbomName } from '../../tools/sbom';
import { readPackage, shippedPackages } from '../../tools/shipped';
import { executables } from './app';
import { root } from './pictures';

const app = path.dirname(executables[process.platform] ?? '');
const resources = path.join(app, 'resources');

const Component = z.object({
  type: z.string(),
  name: z.string(),
  group: z.string().optional(),
  version: z.string().optional(),
  purl: z.string().optional(),
  licenses: z.array(z.unknown()).optional(),
  hashes: z.array(z.object({ alg: z.string(), content: z.string() })).optional(),
});
const Sbom = z.object({ bomFormat: z.literal('CycloneDX'), components: z.array(Component) });

const components = async (ofApp = app) =>
  Sbom.parse(JSON.parse(await readFile(path.join(ofApp, 'resources', sbomName), 'utf8'))).components;

/** Whether a file is the bill of materials, or is written after it. */
const own = (file: string) => file === `resources/${sbomName}` || file.startsWith('resources/manifest.json');

/** The app that the tests drive, and the one that the deb was packed of. */
const packaged = path.join(root, 'release', 'installer', 'linux-unpacked');
const apps: [name: string, folder: string, added: string[]][] = [['the tested app', app, []]];
if (existsSync(packaged)) apps.push(['the app that is installed', packaged, addedByDeb]);

for (const [name, folder, added] of apps)
  test.describe(`of ${name}`, () => {
    const isAdded = (file: string) => added.includes(file);

    test('names every file', async () => {
      const named = (await components(folder)).filter(({ type }) => type === 'file').map((file) => file.name);
      const there = (await filesBelow(folder)).filter((file) => !own(file) && !isAdded(file.replace('resources/', '')));
      expect(named.sort()).toEqual(there.sort());
    });

    test('has the hash of every file but the executable, into which fuses are written later', async () => {
      const executable = path.basename(executables[process.platform] ?? '');
      for (const { type, name, hashes } of await components(folder)) {
        if (type !== 'file') continue;
        if (hashes?.[0]) expect(await hashFile(path.join(folder, name)), name).toBe(hashes[0].content);
        else expect(name).toBe(executable);
      }
    });

    test('has beside it a signed manifest that covers every file outside the asar', async () => {
      const manifest = await readFile(path.join(folder, 'resources', 'manifest.json'));
      const { files } = Manifest.parse(JSON.parse(manifest.toString('utf8')));
      const there = (await filesBelow(path.join(folder, 'resources'))).filter(
        (file) => file !== 'app.asar' && !file.startsWith('manifest.json') && !isAdded(file),
      );
      expect(Object.keys(files).sort()).toEqual(there);
      for (const [file, packaged] of Object.entries(files))
        expect(await hashPieces(path.join(folder, 'resources', file)), file).toEqual(packaged);
      const signature = await readFile(path.join(folder, 'resources', 'manifest.json.sig'), 'utf8');
      const { buildKey } = z
        .object({ buildKey: z.string() })
        .parse(JSON.parse(extractFile(path.join(folder, 'resources', 'app.asar'), 'package.json').toString()));
      expect(isSigned(manifest, signature, buildKey)).toBe(true);
    });
  });

test('names, with licence and place, every npm package that ships', async () => {
  const packages = (await components()).filter(({ purl }) => purl?.startsWith('pkg:npm/'));
  for (const folder of await shippedPackages()) {
    const { name, version } = await readPackage(folder);
    const found = packages.find(
      (each) => (each.group ? `${each.group}/${each.name}` : each.name) === name && each.version === version,
    );
    expect(found?.licenses?.length, name).toBeGreaterThan(0);
  }
});

/** The entries of licences.txt: title, as "zod 4.6.7", to everything below it. */
async function licenceTexts(): Promise<Map<string, string>> {
  const [, ...entries] = (await readFile(path.join(resources, licencesName), 'utf8')).split(`${rule}\n`);
  return new Map(entries.map((each) => [/^(.+) \(.+\)$/m.exec(each)?.[1] ?? '', each.slice(each.indexOf('\n'))]));
}

/** Words in the text of each licence, other than its name. */
const phrases: Record<string, RegExp> = {
  'Apache-2.0': /TERMS AND CONDITIONS FOR USE, REPRODUCTION, AND DISTRIBUTION/,
  'BSD-3-Clause': /Copyright[\s\S]*Redistribution and use in source and binary forms/,
  MIT: /Copyright[\s\S]*Permission is hereby granted, free of charge/,
  'CC0-1.0': /CC0 1\.0 Universal/,
  'Public domain': /Public domain/,
};
const phrase = (licence: string): RegExp => {
  const found = Object.entries(phrases).find(([name]) => licence.startsWith(name));
  if (!found) throw new Error(`${licence} is a licence that this test knows no words of`);
  return found[1];
};

test('has the licence text of every npm package that ships', async () => {
  const texts = await licenceTexts();
  for (const folder of await shippedPackages()) {
    const { name, version } = await readPackage(folder);
    expect(texts.get(`${name} ${version}`)?.length, name).toBeGreaterThan(200);
  }
});

test('has the licence text of every model and sample picture that ships', async () => {
  const texts = await licenceTexts();
  const folders = await readdir(path.join(resources, 'models'));
  expect(folders.length).toBeGreaterThan(0);
  for (const folder of folders) {
    const { id, licence, sample } = await readCard(path.join(resources, 'models', folder));
    expect(texts.get(`model ${id}`), id).toMatch(phrase(licence.spdx));
    expect(texts.get(`sample picture of ${id}, ${sample.file}`), id).toMatch(phrase(sample.licence));
  }
});

test("has ONNX Runtime's licence with the notices of what is in it", async () => {
  const { version } = await readPackage('node_modules/onnxruntime-node');
  const text = (await licenceTexts()).get(`onnxruntime-node ${version}`);
  expect(text).toContain('Copyright (c) Microsoft Corporation');
  expect(text).toContain('THIRD PARTY SOFTWARE NOTICES');
});

test("carries Refit's own licence as the Apache Software Foundation publishes it", async () => {
  const published = 'cfc7749b96f63bd31c3c42b5c471bf756814053e847c10f3eb003417bc523d30';
  expect(await hashFile(path.join(resources, 'LICENSE'))).toBe(published);
});

test("carries Electron's, Chromium's and NVIDIA's licences beside their parts", async () => {
  const read = (...file: string[]) => readFile(path.join(app, ...file), 'utf8');
  expect(await read('LICENSE.electron.txt')).toMatch(phrase('MIT'));
  expect(await read('LICENSES.chromium.html')).toContain('The Chromium Authors');
  expect(await read('resources', 'native', 'lib', versionOf(defaultRuntime), 'LICENSE.txt')).toMatch(/NVIDIA/);
});

test('names the version of TensorRT for RTX that headers and libraries have', async () => {
  const header = await readFile(path.join(includeDir(defaultRuntime), 'NvInferVersion.h'), 'utf8');
  const parts = ['MAJOR', 'MINOR', 'PATCH', 'BUILD'].map(
    (part) => new RegExp(`TRT_${part}_RTX (\\d+)`).exec(header)?.[1],
  );
  const named = (await components()).find(({ name }) => name === 'tensorrt-rtx');
  expect(named?.version).toBe(parts.join('.'));
  const { wheel } = runtimeOf(defaultRuntime);
  expect(named?.purl).toBe(`pkg:pypi/${wheel.package}@${wheel.version}`);
  expect(named?.version).toBe(wheel.version);
});

test('has docs/third-party.md name every npm package that ships', async () => {
  const document = await readFile(path.join(root, 'docs', 'third-party.md'), 'utf8');
  for (const folder of await shippedPackages()) {
    const name = folder.slice(folder.lastIndexOf('node_modules/') + 'node_modules/'.length);
    const scope = name.startsWith('@') ? `${name.split('/')[0]}/*` : name;
    expect(
      document.includes(`\`${name}\``) || document.includes(`\`${scope}\``) || document.includes(`| ${name} `),
      name,
    ).toBe(true);
  }
});

test('the asar holds no native code and none of our keys but a public one', async () => {
  const asar = path.join(resources, 'app.asar');
  const files = listPackage(asar, { isPack: true }).filter((line) => line.startsWith('pack '));
  expect(files.length).toBeGreaterThan(0);
  expect(files.filter((file) => /\.(node|so|dll|pem)(\.|$)/.test(file))).toEqual([]);
  expect(extractFile(asar, 'package.json').toString()).toMatch(/"buildKey": "MCowBQYDK2VwAyEA/);
});
