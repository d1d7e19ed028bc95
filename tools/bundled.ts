/** Notes, by a Vite plugin, which npm packages go into `dist/`, for the bill of materials and the licences. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Plugin } from 'vite';

const root = path.resolve(import.meta.dirname, '..');

/** @param found takes the packages' folders, relative to the repository, with forward slashes. */
export const noteBundled = (found: Set<string>): Plugin => ({
  name: 'refit-bundled-packages',
  generateBundle(_options, bundle) {
    for (const file of Object.values(bundle)) {
      // Fonts come in by way of style sheets: assets that know where they came from.
      const sources = file.type === 'chunk' ? Object.keys(file.modules) : file.originalFileNames;
      for (const source of sources) {
        const folder = packageFolder(path.resolve(root, 'renderer', source.replace(/^\0/, '').split('?')[0] ?? ''));
        if (folder) found.add(path.relative(root, folder).split(path.sep).join('/'));
      }
    }
  },
});

/** The folder of the npm package that a file belongs to; undefined for a file of our own. */
function packageFolder(file: string): string | undefined {
  const marker = `${path.sep}node_modules${path.sep}`;
  const at = file.lastIndexOf(marker);
  if (at < 0) return undefined;
  const [scope = '', name = ''] = file.slice(at + marker.length).split(path.sep);
  const folder = path.join(file.slice(0, at + marker.length), scope.startsWith('@') ? path.join(scope, name) : scope);
  return existsSync(path.join(folder, 'package.json')) ? folder : undefined;
}
