/** Builds `dist/` from main, host and renderer with Vite; does nothing where no source has changed. */
import { createHash } from 'node:crypto';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { build, type InlineConfig } from 'vite';
import { noteBundled } from './bundled';

const root = path.resolve(import.meta.dirname, '..');
const stamp = path.join(root, 'dist', 'inputs.sha256');

/** Lists the folders of the npm packages that were bundled. */
export const bundledFile = path.join(root, 'dist', 'packages.json');

/** Sources, build settings and package versions: what decides the build. */
const folders = ['app', 'words', 'main', 'host', 'storage', 'renderer', 'models', 'native'];
const settings = ['vite.config.ts', 'vite.main.config.ts', 'package-lock.json', 'tools/build.ts', 'tools/bundled.ts'];

/** Each entry is built alone, since the sandboxed preload must be a single file. */
const nodeEntries = ['open', 'preload', 'workshopPreload', 'host'];

/** @throws Error that names the file that does not compile. */
export async function buildApp(log: (line: string) => void): Promise<void> {
  const hash = await hashInputs();
  if ((await readFile(stamp, 'utf8').catch(() => '')) === hash) return log('dist is up to date');
  await rm(path.join(root, 'dist'), { recursive: true, force: true });
  const found = new Set<string>();
  const common: InlineConfig = { logLevel: 'warn', plugins: [noteBundled(found)] };
  log('Building dist/renderer');
  await build({ ...common, root: path.join(root, 'renderer'), configFile: path.join(root, 'vite.config.ts') });
  for (const entry of nodeEntries) {
    log(`Building ${entry}`);
    await build({ ...common, configFile: path.join(root, 'vite.main.config.ts'), mode: entry });
  }
  // The repository's own package.json says that .js files are ES modules; these are not.
  for (const folder of ['main', 'host'])
    await writeFile(path.join(root, 'dist', folder, 'package.json'), '{ "type": "commonjs" }\n');
  await writeFile(bundledFile, JSON.stringify([...found].sort(), null, 2));
  await writeFile(stamp, hash);
}

async function hashInputs(): Promise<string> {
  const hash = createHash('sha256');
  for (const file of [...settings, ...(await listSources())]) {
    hash.update(`${file}\0`);
    hash.update(await readFile(path.join(root, file)));
  }
  return hash.digest('hex');
}

/** Lists the sources. Of `models/` and `native/` only TypeScript is built in: cards, networks and the addon are read at run time. */
async function listSources(): Promise<string[]> {
  const found = await Promise.all(
    folders.map(async (folder) => {
      const entries = await readdir(path.join(root, folder), { recursive: true, withFileTypes: true });
      return entries
        .filter((entry) => entry.isFile() && !/\.test\.tsx?$/.test(entry.name))
        .filter((entry) => (folder !== 'models' && folder !== 'native') || entry.name.endsWith('.ts'))
        .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)));
    }),
  );
  return found.flat().sort();
}
