/** Files of one folder and nothing outside it, whatever a path or a link says. */
import { realpath } from 'node:fs/promises';
import path from 'node:path';

/**
 * @param folder the only one. @param wanted a path in it, as a stranger says it.
 * @returns the real path of what is there, or undefined where that lies elsewhere. @throws where there is nothing.
 */
export async function resolveWithin(folder: string, wanted: string): Promise<string | undefined> {
  const root = await realpath(folder);
  // A second colon makes a stream of a file on Windows; backslashes are separators there and letters elsewhere.
  if (/[\0\\:]/.test(wanted)) return undefined;
  const file = await realpath(path.join(root, wanted));
  return file.startsWith(root + path.sep) ? file : undefined;
}
