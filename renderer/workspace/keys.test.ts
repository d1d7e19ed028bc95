import { expect, test } from 'vitest';
import { letterOf } from './keys';

test.each([
  ['a plain key', { key: 'o', code: 'KeyO' }],
  ['Caps Lock', { key: 'O', code: 'KeyO' }],
  ['a Cyrillic layout', { key: 'щ', code: 'KeyO' }],
  ['a Dvorak layout', { key: 'o', code: 'KeyS' }],
])('finds the letter O with %s', (_, event) => {
  expect(letterOf(event)).toBe('o');
});
