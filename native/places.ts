/** Where a development tree keeps what is fetched and compiled of engine libraries, and of which ones. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseCatalog } from '../app/catalog';
import { defaultRuntime, runtimesIn, versionOf } from '../app/runtimes';

const native = import.meta.dirname;

/** @param version of an engine library, "1.6.1". */
export const sdkDir = (version: string): string => join(native, 'sdk', version);

/** Headers of an engine library, "tensorrt-rtx 1.6.1". With slashes, as CMake reads paths. */
export const includeDir = (runtime: string): string =>
  join(sdkDir(versionOf(runtime)), 'include').replaceAll('\\', '/');

/** The engine libraries that the app ships with: those that the catalog's entries name. @throws AppError CATALOG_UNREADABLE. */
export async function shippedRuntimes(): Promise<string[]> {
  const file = join(native, '..', 'engines', 'catalog.json');
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  return text === null ? [defaultRuntime] : runtimesIn(parseCatalog(text, file));
}
