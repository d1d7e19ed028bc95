import { expect, test } from 'vitest';
import { noteFor } from './note';

const unsought = 'Small faces were not looked for in a picture this large.';

test.each([
  [0, false, 'No faces were found, so the picture is as it was.'],
  [0, true, `No faces were found, so the picture is as it was. ${unsought}`],
  [1, false, 'One face was found and blurred.'],
  [12, true, `12 faces were found and blurred. ${unsought}`],
])('of %s faces, the picture shrunk: %s', (count, isShrunk, note) => expect(noteFor(count, isShrunk)).toBe(note));
