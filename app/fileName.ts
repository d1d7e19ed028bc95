/** Names of files: one that every file system takes, and why one of a person's own is not taken. Pure. */

/** What file systems take of a name, as UTF-8. */
const maxNameBytes = 255;

/** Parts of a path, streams and wildcards to some system; half of a character; what makes a name read backwards. */
const unfit = /[<>:"|?*\p{Cc}\p{Cs}\u202A-\u202E\u2066-\u2069]/gu;
/** Windows strips these from the end of a name. */
const strippedEnd = /[. ]+$/;
/** Devices to Windows, whatever ending follows. */
const device = /^(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9¹²³])[. ]*(?:\.|$)/i;

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });
const bytesOf = (text: string): number => new TextEncoder().encode(text).length;

/**
 * A name of so much of the stem as fits before its ending. A stem that nothing is left of becomes "picture".
 * @param maxCharacters of the stem, as a person counts them.
 * @returns at most 255 bytes as UTF-8, cut between graphemes, and no device of Windows.
 */
export function fitName(stem: string, ending: string, maxCharacters = Number.POSITIVE_INFINITY): string {
  const safe = device.test(stem + ending) ? `_${stem}` : stem;
  let [bytes, characters, end] = [bytesOf(ending), 0, 0];
  for (const { segment, index } of graphemes.segment(safe)) {
    bytes += bytesOf(segment);
    characters += 1;
    if (bytes > maxNameBytes || characters > maxCharacters) break;
    end = index + segment.length;
  }
  return `${safe.slice(0, end).replace(strippedEnd, '') || 'picture'}${ending}`;
}

/** The last part of what may be a path, as a name that every file system takes. Its ending is kept. */
export function plainName(suggested: string): string {
  const last = suggested.split(/[\\/]/).filter(Boolean).at(-1) ?? '';
  const name = last
    .replace(unfit, '_')
    .replace(/^[. ]+/, '')
    .replace(strippedEnd, '');
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
