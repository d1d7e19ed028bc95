/** Loads libvips, through sharp, in a process that may be Electron's. */
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import type Sharp from 'sharp';

// A bundle is CommonJS and has no import.meta.url.
const require = createRequire(typeof __filename === 'string' ? __filename : import.meta.url);
let loaded: typeof Sharp | undefined;

/**
 * Loads sharp. @throws Error where its files are missing or broken.
 *
 * Electron for Linux is linked with the system's GLib, whose functions then also answer sharp's addon, for objects of the GLib inside
 * of libvips: nothing is ever freed, and GLib complains twenty times a picture. libvips itself is bound to its own. So libvips is
 * loaded first, as usual; then the addon, which is to look into what it needs before it looks into the program (DEEPBIND). Both
 * at once would also take memory away from Electron's allocator, and crash.
 */
export function loadSharp(): typeof Sharp {
  if (loaded) return loaded;
  if (process.versions.electron && process.platform === 'linux') bindToItsOwnGlib();
  const sharp = require('sharp') as typeof Sharp;
  // libvips caches files by path, but /proc/<pid>/fd/<n> is another file each time.
  sharp.cache(false);
  sharp.concurrency(os.availableParallelism());
  loaded = sharp;
  return sharp;
}

function bindToItsOwnGlib(): void {
  const { RTLD_NOW, RTLD_DEEPBIND } = os.constants.dlopen;
  const platform = `linux-${process.arch}`;
  const addon = require.resolve(`@img/sharp-${platform}/sharp.node`);
  const { version } = require(`@img/sharp-${platform}/package`) as { version: string };
  const library = require.resolve(`@img/sharp-libvips-${platform}/binary`);
  try {
    process.dlopen({ exports: {} }, library, RTLD_NOW);
  } catch {
    // Node reports that it is no addon. It stays loaded, because it is marked NODELETE.
  }
  process.dlopen(
    { exports: {} },
    path.join(path.dirname(addon), 'lib', `sharp-${platform}-${version}.node`),
    RTLD_NOW | (RTLD_DEEPBIND ?? 0),
  );
}
