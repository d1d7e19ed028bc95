import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { build } from 'vite';

const root = path.resolve(import.meta.dirname, '..');

/**
 * Builds a file as main's are built, for a process of its own, outside of `dist`.
 * @param entry path from the repository's root, without `.ts`. @param to a folder inside the repository, where Node finds packages.
 * @returns the built file.
 */
export async function buildEntry(entry: string, to: string): Promise<string> {
  const outDir = path.join(root, '.cache', to);
  await build({
    root,
    configFile: path.join(root, 'vite.main.config.ts'),
    logLevel: 'error',
    build: { ssr: path.join(root, `${entry}.ts`), outDir, sourcemap: false },
  });
  await writeFile(path.join(outDir, 'package.json'), '{ "type": "commonjs" }\n');
  return path.join(outDir, `${path.basename(entry)}.js`);
}
