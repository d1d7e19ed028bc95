/** The bill of materials of the packaged app, held against what is on disk. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { extractFile, listPackage } from '@electron/asar';
import { expect, test } from '@playwright/test';
import { z } from 'zod';
import { hashFile, Manifest } from '../main/manifest';
import { filesBelow } from '../tools/manifest';
import { licencesName, sbomName, shippedPackages } from '../tools/sbom';
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

const components = async () =>
  Sbom.parse(JSON.parse(await readFile(path.join(resources, sbomName), 'utf8'))).components;

/** Written after the bill of materials, or by it. */
const own = (file: string) => file === `resources/${sbomName}` || file.startsWith('resources/manifest.json');

test('names every file of the app', async () => {
  const named = (await components()).filter(({ type }) => type === 'file').map(({ name }) => name);
  const there = (await filesBelow(app)).filter((file) => !own(file));
  expect(named.sort()).toEqual(there.sort());
});

test('has the hash of every file of the app but the executable, which fuses are put into', async () => {
  for (const { type, name, hashes } of await components()) {
    if (type !== 'file') continue;
    if (hashes?.[0]) expect(await hashFile(path.join(app, name)), name).toBe(hashes[0].content);
    else expect(path.join(app, name)).toBe(executables[process.platform]);
  }
});

test('names, with licence and place, every npm package that ships', async () => {
  const packages = (await components()).filter(({ purl }) => purl?.startsWith('pkg:npm/'));
  for (const folder of await shippedPackages()) {
    const { name, version } = z
      .object({ name: z.string(), version: z.string() })
      .parse(JSON.parse(await readFile(path.join(root, folder, 'package.json'), 'utf8')));
    const found = packages.find(
      (each) => (each.group ? `${each.group}/${each.name}` : each.name) === name && each.version === version,
    );
    expect(found?.licenses?.length, name).toBeGreaterThan(0);
  }
});

test('has the licence text of every npm package that ships', async () => {
  const texts = await readFile(path.join(resources, licencesName), 'utf8');
  for (const entry of texts.split(`${'='.repeat(80)}\n`).slice(1))
    expect(entry.split('\n').slice(2).join('').length, entry.split('\n')[0]).toBeGreaterThan(200);
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

test('the signed manifest covers every file outside the asar', async () => {
  const { files } = Manifest.parse(JSON.parse(await readFile(path.join(resources, 'manifest.json'), 'utf8')));
  const there = (await filesBelow(resources)).filter(
    (file) => file !== 'app.asar' && !file.startsWith('manifest.json'),
  );
  expect(Object.keys(files).sort()).toEqual(there);
});

test('the asar holds no native code and none of our keys but a public one', async () => {
  const asar = path.join(resources, 'app.asar');
  const files = listPackage(asar, { isPack: true }).filter((line) => line.startsWith('pack '));
  expect(files.filter((file) => /\.(node|so|dll|pem)(\.|$)/.test(file))).toEqual([]);
  expect(extractFile(asar, 'package.json').toString()).toMatch(/"buildKey": "MCowBQYDK2VwAyEA/);
});
