/**
 * What the window is told names no folder of this machine: errors carry the system's own words, and those carry paths. The
 * log keeps them whole.
 */

import path from 'node:path';

/**
 * What the window may show of a folder: its own name, and no path to it. @param hidePaths knows the places that have another
 * name, so that the home folder is not called by its user's.
 */
export const nameOf = (folder: string, hidePaths: (told: string) => string): string =>
  // The root of a disk has no name but its path.
  path.basename(hidePaths(folder)) || folder;

/**
 * What went wrong with a file that lies anywhere, as the window may hear it: the system's code and the file's own name. Of
 * places that have no other name `createHidePaths` would leave the whole path.
 */
export function faultOf(error: unknown): string {
  const { code, syscall, path: file } = (error ?? {}) as NodeJS.ErrnoException;
  return typeof file === 'string' ? [code, syscall, path.basename(file)].filter(Boolean).join(' ') : String(error);
}

/** @param places folders by the names that stand for them: `{ '~': os.homedir() }`. */
export function createHidePaths(places: Record<string, string>): <T>(told: T) => T {
  const known = Object.entries(places)
    // The root of a disk would be found in every path.
    .filter(([, folder]) => folder.replaceAll(/[\\/]/g, '').length > 0 && !/^[A-Za-z]:[\\/]*$/.test(folder))
    // A folder within another first.
    .sort(([, a], [, b]) => b.length - a.length)
    // Also as JSON and URLs write it.
    .flatMap(([name, folder]) =>
      [...new Set([folder, folder.replaceAll('\\', '\\\\'), folder.replaceAll('\\', '/')])].map((text) => [text, name]),
    ) as [string, string][];
  const hide = (value: unknown): unknown => {
    if (typeof value === 'string') return known.reduce((text, [folder, name]) => text.replaceAll(folder, name), value);
    if (Array.isArray(value)) return value.map(hide);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, hide(each)]));
  };
  return <T>(told: T) => hide(told) as T;
}
