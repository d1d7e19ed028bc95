import { expect, test } from 'vitest';
import { preparationsAtOnce } from './atOnce';

test.each([
  ['a server', 16, 80e9, 4],
  ['a desktop of eight cores with 12 GB', 8, 11e9, 4],
  ['a laptop of four cores', 4, 7e9, 2],
  ['a card of 6 GB, half of it taken', 16, 4.5e9, 1],
  ['a card that is nearly full', 16, 1e8, 1],
  ['two cores', 2, 80e9, 1],
  ['one core', 1, 80e9, 1],
  ['a GPU whose free memory is not known', 16, undefined, 1],
] as const)('prepares on %s as many models at once as it bears', (_, cores, freeBytes, atOnce) => {
  expect(preparationsAtOnce(cores, freeBytes, 1.5e9)).toBe(atOnce);
});
