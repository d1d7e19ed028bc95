/** The words of what is worth knowing of a picture or a result (app/notes.ts). */
import type { Dropped } from '../app/metadataSchema';
import type { PictureNote, ResultNote } from '../app/notes';
import { words } from './window';

/** What was found, and what a person can do about it in the window. */
const subjects = {
  SUBJECT_UNCLEAR: ['No clear subject was found, so everything is kept.', 'Brush away what should go.'],
  SUBJECT_FILLS: ['The subject seems to fill the picture, so everything is kept.', 'Brush away what should go.'],
  SUBJECT_SMALL: [
    'Only a small part was found.',
    'If the subject is larger, keep everything and brush away what should go.',
  ],
} as const;

/** Of one picture of many: that a tool did not find what it is for. @returns null where there is nothing to say. */
export function missedNote(note: ResultNote): string | null {
  switch (note.code) {
    case 'FACES':
    case 'LINES':
      return note.found === 0 ? resultNote(note) : null;
    case 'COMPARED':
      return null;
    default:
      return subjects[note.code][0];
  }
}

/** What a tool says of its result. */
export function resultNote(note: ResultNote): string {
  switch (note.code) {
    case 'FACES': {
      const sought = `Faces from about ${note.smallest} pixels were looked for: `;
      if (note.found === 0) return `${sought}none were found, so the picture is as it was.`;
      return `${sought}${note.found} ${note.found === 1 ? 'was' : 'were'} found and hidden.`;
    }
    case 'LINES':
      if (note.found === 0) return 'No text was found.';
      return note.found === 1 ? 'One line of text was found.' : `${note.found} lines of text were found.`;
    case 'SUBJECT_UNCLEAR':
    case 'SUBJECT_FILLS':
    case 'SUBJECT_SMALL':
      return subjects[note.code].join(' ');
    case 'COMPARED':
      return `Left: ${versionName(note.left)}. Right: ${versionName(note.right)}.`;
  }
}

/** What a person should know of how a picture was read. */
export function pictureNote(note: PictureNote): string {
  switch (note.code) {
    case 'END_MISSING':
      return 'The end of this file is missing or wrong. All of the picture is there.';
    case 'FIRST_FRAME':
      return 'This is an animation. Its first frame is used.';
    case 'BIT_DEPTH':
      return `This picture has ${note.bits} bits a channel. Refit works with 8.`;
    case 'FROM_CMYK':
      return 'Its colours were made for printing (CMYK) and were converted to sRGB.';
    case 'NOT_KEPT':
      return `Not kept: ${note.dropped.map(droppedPart).join('; ')}.`.slice(0, 300);
    case 'PROFILE_NOT_SHOWN':
      return `Its colour profile (${note.profile ?? 'unnamed'}) is kept in what you save; here it is shown as sRGB.`;
  }
}

/** @param installedAt ISO date; null: it came with the app. */
export const versionName = (installedAt: string | null): string =>
  installedAt === null
    ? words.versions.shipped
    : words.versions.installed({
        date: new Date(installedAt).toLocaleString('en', { dateStyle: 'medium', timeStyle: 'short' }),
      });

const parts: Record<Exclude<Dropped['part'], 'copy'>, string> = {
  exif: 'EXIF',
  icc: 'colour profile',
  xmp: 'XMP',
  xmpExtension: 'further XMP',
  iptc: 'IPTC',
  text: 'a text',
  texts: 'texts',
};
const reasons = {
  tooLarge: 'too large',
  tooMany: 'too many',
  incomplete: 'incomplete or too large',
  unreadable: 'unreadable or too large',
};

function droppedPart(dropped: Dropped): string {
  if (dropped.part === 'copy') return `“${dropped.keyword}”, another program's copy`;
  return `${parts[dropped.part]}, ${reasons[dropped.why]}`;
}
