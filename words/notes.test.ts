import { expect, test } from 'vitest';
import { missedNote, pictureNote, resultNote } from './notes';

test.each([
  [0, 16, 'Faces from about 16 pixels were looked for: none were found, so the picture is as it was.'],
  [1, 13, 'Faces from about 13 pixels were looked for: 1 was found and hidden.'],
  [60, 64, 'Faces from about 64 pixels were looked for: 60 were found and hidden.'],
])('of %s faces, from %s pixels on', (found, smallest, said) =>
  expect(resultNote({ code: 'FACES', found, smallest })).toBe(said),
);

test.each([
  [0, 'No text was found.'],
  [1, 'One line of text was found.'],
  [7, '7 lines of text were found.'],
])('of %s lines', (found, said) => expect(resultNote({ code: 'LINES', found })).toBe(said));

test('says of many pictures only what was missed, in the words of one, and of no brush', () => {
  const none = { code: 'FACES', found: 0, smallest: 16 } as const;
  expect(missedNote(none)).toBe(resultNote(none));
  expect(missedNote({ code: 'LINES', found: 0 })).toBe('No text was found.');
  expect(missedNote({ code: 'SUBJECT_FILLS' })).toBe('The subject seems to fill the picture, so everything is kept.');
  expect(missedNote({ code: 'FACES', found: 2, smallest: 16 })).toBeNull();
  expect(missedNote({ code: 'LINES', found: 1 })).toBeNull();
});

test('says which version is on which side', () => {
  const note = { code: 'COMPARED', left: '2026-03-04T05:06:00', right: null } as const;
  expect(resultNote(note)).toBe('Left: Update of Mar 4, 2026, 5:06 AM. Right: Came with Refit.');
});

test('names what is not kept and why', () => {
  const dropped = [
    { part: 'xmp', why: 'tooLarge' },
    { part: 'texts', why: 'tooMany' },
    { part: 'copy', keyword: 'Raw profile type exif' },
  ] as const;
  expect(pictureNote({ code: 'NOT_KEPT', dropped: [...dropped] })).toBe(
    "Not kept: XMP, too large; texts, too many; “Raw profile type exif”, another program's copy.",
  );
});
