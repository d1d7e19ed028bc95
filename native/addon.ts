/** Loads the native addon. Also bundled into the engine host, so it must stay trivial. */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Binding } from './binding';

/**
 * Where addons and engine libraries lie in a development tree, from the repository's root: an addon a runtime. REFIT_ADDON_BUILD
 * names another build's folder: `build-sanitize` (tools/sanitize.ts).
 */
export const devRuntimes = {
  'tensorrt-rtx': {
    addonFile: join('native', process.env.REFIT_ADDON_BUILD ?? 'build', 'refit-tensorrt-rtx.node'),
    libraryDir: join('native', 'sdk', 'lib'),
  },
  /** For comparison: `factory/tensorrt10/sdk.ts` provides it, no set-up does. */
  'tensorrt-10': {
    addonFile: join('native', 'build', 'tensorrt-10', 'refit-tensorrt-10.node'),
    libraryDir: join('native', 'sdk-tensorrt-10', 'lib'),
  },
} as const;
export type DevRuntime = keyof typeof devRuntimes;

/** The app's own. */
export const { addonFile: devAddonFile, libraryDir: devLibraryDir } = devRuntimes['tensorrt-rtx'];

/**
 * @param file absolute path of a `.node` file.
 * @throws where the operating system cannot load it; its words are in the message.
 */
export function loadAddon(file: string): Binding {
  // `file` itself is the base, because a bundle may have no import.meta.url.
  return createRequire(file)(file) as Binding;
}
