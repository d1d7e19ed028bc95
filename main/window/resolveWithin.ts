/** Finds files of one folder and nothing outside it, whatever a path or a link says. */
import { realpath } from 'node:fs/promises';
import path from 'node:path';

/**
 * @param folder the only one allowed. @param wanted a path in it, as a stranger says it.
 * @returns the real path of what is there, or undefined where that lies outside. @throws Error where nothing is there.
 */
export async function resolveWithin(folder: string, wanted: string): Promise<string | undefined> {
  const root = await realpath(folder);
  // On Windows a colon names a stream of a file, and backslashes separate; elsewhere both are letters of a name.
  if (/[\0\\:]/.test(wanted)) return undefined;
  const file = await realpath(path.join(root, wanted));
  return file.startsWith(root + path.sep) ? file : undefined;
}
