import { expect, test } from 'vitest';
import { cutLine } from './cuts';

/** The ink of words: 9 in each column of a word, 0 in the gaps. @param lengths of the words. @param space between two of them. */
const words = (lengths: number[], space = 12, noise = 0): Float32Array =>
  Float32Array.from(
    lengths.flatMap((length, i) => [...new Array(i === 0 ? 0 : space).fill(noise), ...new Array(length).fill(9)]),
  );

test('leaves a line whole that fits', () => expect(cutLine(words([90]), 100, 12)).toEqual([90]));

test('cuts in the middle of the space between two words, and as often as it takes', () => {
  expect(cutLine(words([60, 40, 60]), 100, 12)).toEqual([66, 118, 184]);
  expect(cutLine(words([80, 80]), 100, 12)).toEqual([86, 172]);
});

test('makes pieces of like length where several spaces would do', () => {
  const ink = words(new Array(12).fill(20));
  const ends = cutLine(ink, 200, 12);
  expect(ends).toHaveLength(2);
  expect(Math.abs((ends[0] ?? 0) - ink.length / 2)).toBeLessThan(20);
});

test('never makes a piece that does not fit, even of a line without a space', () => {
  for (const length of [101, 199, 250, 999]) {
    const ends = cutLine(new Float32Array(length).fill(9), 100, 12);
    expect(ends.at(-1)).toBe(length);
    ends.forEach((end, i) => {
      expect(end - (ends[i - 1] ?? 0)).toBeLessThanOrEqual(100);
      expect(end - (ends[i - 1] ?? 0)).toBeGreaterThan(0);
    });
  }
});

test('prefers the emptier of two spaces, as between letters and between words', () => {
  const ink = Float32Array.from([...words([50]), ...words([0, 50], 4), ...words([0, 40], 12)]);
  expect(cutLine(ink, 120, 12)[0]).toBe(50 + 4 + 50 + 6);
});
