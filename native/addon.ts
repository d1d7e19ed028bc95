/** Loads the native addon. Also bundled into the engine host, so it must stay trivial. */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Binding } from './binding';

/**
 * Where the addon lies in a development tree, from the repository's root. REFIT_ADDON_BUILD names the folder of another build:
 * `build-sanitize` (tools/sanitize.ts).
 */
export const devAddonFile = join('native', process.env.REFIT_ADDON_BUILD ?? 'build', 'refit-tensorrt-rtx.node');
/** Where the engine library lies, likewise (sdk.ts). */
export const devLibraryDir = join('native', 'sdk', 'lib');

/**
 * @param file absolute path of a `.node` file.
 * @throws where the operating system cannot load it; its words are in the message.
 */
export function loadAddon(file: string): Binding {
  // `file` itself is the base, because a bundle may have no import.meta.url.
  return createRequire(file)(file) as Binding;
}
