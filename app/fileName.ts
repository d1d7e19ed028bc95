/** Names of files: one that every file system takes, and why one of a person's own is not taken. Pure. */

/** What file systems take of a name, as UTF-8. */
export const maxNameBytes = 255;

/** Parts of a path, streams and wildcards to some system; half of a character; what makes a name read backwards. */
const unfit = /[<>:"|?*\p{Cc}\p{Cs}\u202A-\u202E\u2066-\u2069]/gu;
/** Windows strips these from the end of a name. */
const strippedEnd = /[. ]+$/;
/** Devices to Windows, whatever ending follows. */
const device = /^(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9¹²³])[. ]*(?:\.|$)/i;

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });
export const bytesOf = (text: string): number => new TextEncoder().encode(text).length;

/**
 * So much of a stem as fits. One that nothing is left of becomes "picture".
 * @param maxCharacters as a person counts them. @returns cut between graphemes; no dot or space at its end.
 */
export function fitStem(stem: string, maxBytes: number, maxCharacters = Number.POSITIVE_INFINITY): string {
  let [bytes, characters, end] = [0, 0, 0];
  for (const { segment, index } of graphemes.segment(stem)) {
    bytes += bytesOf(segment);
    characters += 1;
    if (bytes > maxBytes || characters > maxCharacters) break;
    end = index + segment.length;
  }
  return stem.slice(0, end).replace(strippedEnd, '') || 'picture';
}

/**
 * A name of so much of the stem as fits before its ending (`fitStem`).
 * @returns at most 255 bytes as UTF-8, and no device of Windows.
 */
export function fitName(stem: string, ending: string, maxCharacters?: number): string {
  const safe = device.test(stem + ending) ? `_${stem}` : stem;
  return fitStem(safe, maxNameBytes - bytesOf(ending), maxCharacters) + ending;
}

/** What every file system takes of a part of a name. It is no path: slashes are letters of it that no system takes. */
export const plainStem = (text: string): string =>
  text
    .replace(/[\\/]/g, '_')
    .replace(unfit, '_')
    .replace(/^[. ]+/, '');

/** The last part of what may be a path, as a name that every file system takes. Its ending is kept. */
export function plainName(suggested: string): string {
  const last = suggested.split(/[\\/]/).filter(Boolean).at(-1) ?? '';
  const name = plainStem(last).replace(strippedEnd, '');
  const ending = /.(\.[^.]{1,5})$/u.exec(name)?.[1] ?? '';
  return fitName(name.slice(0, name.length - ending.length), ending);
}

export const nameFaults = ['device', 'end', 'character'] as const;
export type NameFault = (typeof nameFaults)[number];

/**
 * Why a name that a person chose is refused before anything is written. Node's calls reach past Windows' own checks, and make
 * files there that the Explorer can neither open nor remove.
 * @param platform as `process.platform` says it. @returns null where the file system decides.
 */
export function nameFault(name: string, platform: string): NameFault | null {
  if (platform !== 'win32') return null;
  if (/[<>:"|?*\p{Cc}]/u.test(name)) return 'character';
  if (strippedEnd.test(name)) return 'end';
  return device.test(name) ? 'device' : null;
}

/** Whether a name is too long for Windows, which says only that its folder is missing. Other systems say themselves what is wrong. */
export const isTooLong = (name: string, platform: string): boolean => platform === 'win32' && name.length > 255;
