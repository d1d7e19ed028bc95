import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { coalesce } from './coalesce';

let passed: string[];
let words: ReturnType<typeof coalesce<string>>;
beforeEach(() => {
  vi.useFakeTimers();
  passed = [];
  words = coalesce(100, (items) => passed.push(items.join('')));
});
afterEach(() => vi.useRealTimers());

test('passes on the first at once', () => {
  words.add('a');
  expect(passed).toEqual(['a']);
});

test('passes on together, in order, what comes soon after it', () => {
  for (const word of ['a', 'b', 'c']) words.add(word);
  vi.advanceTimersByTime(100);
  expect(passed).toEqual(['a', 'bc']);
});

test('passes on at most once in an interval, however many come', () => {
  for (let ms = 0; ms < 1000; ms++) {
    words.add('x');
    vi.advanceTimersByTime(1);
  }
  expect(passed.length).toBeLessThanOrEqual(11);
  words.flush();
  expect(passed.join('')).toHaveLength(1000);
});

test('passes on at once again after a silence', () => {
  words.add('a');
  vi.advanceTimersByTime(1000);
  words.add('b');
  expect(passed).toEqual(['a', 'b']);
});

test('keeps to the interval after what waited, too', () => {
  words.add('a');
  words.add('b');
  vi.advanceTimersByTime(100);
  words.add('c');
  expect(passed).toEqual(['a', 'b']);
  vi.advanceTimersByTime(100);
  expect(passed).toEqual(['a', 'b', 'c']);
});

test('passes on what waits when it is told to, and then nothing more of it', () => {
  words.add('a');
  words.add('b');
  words.flush();
  vi.advanceTimersByTime(1000);
  expect(passed).toEqual(['a', 'b']);
});

test('passes on nothing where nothing came', () => {
  words.flush();
  vi.advanceTimersByTime(1000);
  expect(passed).toEqual([]);
});
