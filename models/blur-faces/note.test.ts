import { expect, test } from 'vitest';
import { noteFor } from './note';

test.each([
  [0, 16, 'Faces from about 16 pixels were looked for: none were found, so the picture is as it was.'],
  [1, 13, 'Faces from about 13 pixels were looked for: 1 was found and hidden.'],
  [60, 64, 'Faces from about 64 pixels were looked for: 60 were found and hidden.'],
])('of %s faces, from %s pixels on', (count, smallest, note) => expect(noteFor(count, smallest)).toBe(note));
