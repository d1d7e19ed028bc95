/** Lists the npm packages of which something is in the packaged app. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { bundledFile } from './build';

const root = path.resolve(import.meta.dirname, '..');

/** The machine that the app is packaged for, in npm's words. */
const machine = `${process.platform}-${process.arch}`;

/** npm packages that ship but are not bundled: native code lies beside the asar, headers are compiled into the addon. */
const alsoShipped = [
  ...['onnxruntime-node', 'onnxruntime-common', 'node-addon-api', 'node-api-headers'],
  ...['sharp', '@img/colour', 'detect-libc', 'semver', `@img/sharp-${machine}`],
  // On Windows it is inside sharp's own package.
  ...(process.platform === 'win32' ? [] : [`@img/sharp-libvips-${machine}`]),
].map((name) => `node_modules/${name}`);

/** Folders of all npm packages of which something ships, relative to the repository. */
export async function shippedPackages(): Promise<string[]> {
  const bundled = z.array(z.string()).parse(JSON.parse(await readFile(bundledFile, 'utf8')));
  return [...new Set([...bundled, ...alsoShipped])].sort();
}

const Package = z.looseObject({
  name: z.string(),
  version: z.string(),
  license: z.string(),
  author: z.union([z.string(), z.looseObject({ name: z.string() })]).exactOptional(),
});
export type Package = z.infer<typeof Package>;

/** Reads `folder`'s package.json. @param folder relative to the repository. */
export async function readPackage(folder: string): Promise<Package> {
  return Package.parse(JSON.parse(await readFile(path.join(root, folder, 'package.json'), 'utf8')));
}
