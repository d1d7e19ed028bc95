/** Loads the native addon. Also bundled into the hosts, so it must stay trivial. */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { defaultRuntime, runtimeSlug, versionOf } from '../app/runtimes';
import type { Binding } from './binding';

/**
 * Where an engine library's addon lies in a development tree, from the repository's root. REFIT_ADDON_BUILD names the folder of
 * another build: `build-sanitize` (tools/sanitize.ts).
 * @param runtime "tensorrt-rtx 1.6.1".
 */
const devAddonFileOf = (runtime: string): string =>
  join('native', process.env.REFIT_ADDON_BUILD ?? 'build', `refit-${runtimeSlug(runtime)}.node`);
/** Where the library lies, likewise (sdk.ts). */
const devLibraryDirOf = (runtime: string): string => join('native', 'sdk', versionOf(runtime), 'lib');

export const devAddonFile = devAddonFileOf(defaultRuntime);
export const devLibraryDir = devLibraryDirOf(defaultRuntime);

/**
 * @param file absolute path of a `.node` file.
 * @throws where the operating system cannot load it; its words are in the message.
 */
export function loadAddon(file: string): Binding {
  // `file` itself is the base, because a bundle may have no import.meta.url.
  return createRequire(file)(file) as Binding;
}
