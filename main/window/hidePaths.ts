/**
 * Takes paths out of what the window is told: errors carry the system's own words, and those name folders of this machine. The log
 * keeps them whole.
 */

import path from 'node:path';

/**
 * A folder's own name, without the path to it. @param hidePaths knows the folders that have another name for the window, so that the
 * home folder does not show its user's name.
 */
export const nameOf = (folder: string, hidePaths: (told: string) => string): string =>
  // The root of a disk has no other name than its path.
  path.basename(hidePaths(folder)) || folder;

/**
 * What went wrong with a file, as the window may hear it: the system's code and the file's own name. For files that lie anywhere:
 * `createHidePaths` leaves the paths of folders that it does not know.
 */
export function faultOf(error: unknown): string {
  const { code, syscall, path: file } = (error ?? {}) as NodeJS.ErrnoException;
  return typeof file === 'string' ? [code, syscall, path.basename(file)].filter(Boolean).join(' ') : String(error);
}

/**
 * @param places the folders to hide, by the names that stand for them: `{ '~': os.homedir() }`.
 * @returns gives plain data with their paths replaced in every string.
 */
export function createHidePaths(places: Record<string, string>): <T>(told: T) => T {
  const known = Object.entries(places)
    // The root of a disk is part of every path.
    .filter(([, folder]) => folder.replaceAll(/[\\/]/g, '').length > 0 && !/^[A-Za-z]:[\\/]*$/.test(folder))
    // The inner folder comes before the outer one.
    .sort(([, a], [, b]) => b.length - a.length)
    .map(([name, folder]) => [spellings(folder), name] as const);
  const hide = (value: unknown): unknown => {
    if (typeof value === 'string')
      return known.reduce((text, [folder, name]) => text.replace(folder, () => name), value);
    if (Array.isArray(value)) return value.map(hide);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, hide(each)]));
  };
  return <T>(told: T) => hide(told) as T;
}

const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');

/** Every way in which a folder is written: as the system says it, in JSON, in a URL; on Windows in any case and by short names. */
function spellings(folder: string): RegExp {
  const isWindows = /^(?:[A-Za-z]:[\\/]|\\\\)/.test(folder);
  const parts = folder.split(isWindows ? /[\\/]+/ : '/');
  while (parts.at(-1) === '') parts.pop();
  const written = parts.map((part) => {
    const ways = new Set([part, ...(/\p{Cs}/u.test(part) ? [] : [encodeURIComponent(part).replaceAll('%3A', ':')])]);
    const short = isWindows && part !== '' && !/^[^ .]{1,8}(?:\.[^ .]{1,3})?$/.test(part) && shortName(part);
    return `(?:${[...ways].map(escaped).join('|')}${short ? `|${short}` : ''})`;
  });
  return new RegExp(written.join(isWindows ? '(?:\\\\+|/)' : '/'), isWindows ? 'gi' : 'g');
}

/** The name of up to eight characters that Windows gives a longer one: "Ada Lovelace" is ADALOV~1 too. */
function shortName(part: string): string {
  const [first = ''] = part.replaceAll(/[ .]/g, '');
  // Windows writes other letters as the computer's code page has them, or not at all.
  const start = /[A-Za-z0-9]/.test(first) ? first : '[^\\\\/]';
  return `${start}[^\\\\/~]{0,5}~\\d{1,3}(?:\\.[^\\\\/ ]{1,3})?`;
}
