import { describe, expect, test } from 'vitest';
import { coarseTime, timeLeft } from './timeLeft';

describe('timeLeft', () => {
  test('goes by the average tile', () => {
    expect(timeLeft({ done: 10, total: 30, toLastMs: 10_000, sinceLastMs: 0 })).toBe(20_000);
  });

  test('counts down between two tiles', () => {
    expect(timeLeft({ done: 10, total: 30, toLastMs: 10_000, sinceLastMs: 500 })).toBe(19_500);
  });

  test('says nothing before three tiles are done', () => {
    expect(timeLeft({ done: 2, total: 30, toLastMs: 10_000, sinceLastMs: 0 })).toBeNull();
  });

  test('says nothing when a tile is long overdue', () => {
    expect(timeLeft({ done: 10, total: 30, toLastMs: 10_000, sinceLastMs: 3_100 })).toBeNull();
  });

  test('says nothing for what is over before it is read', () => {
    expect(timeLeft({ done: 29, total: 30, toLastMs: 29_000, sinceLastMs: 0 })).toBeNull();
  });
});

describe('coarseTime', () => {
  test.each([
    [2_100, 'seconds', 5],
    [21_000, 'seconds', 20],
    [58_000, 'minutes', 1],
    [100_000, 'minutes', 1.5],
    [500_000, 'minutes', 8],
    [3_580_000, 'hours', 1],
    [90 * 60_000, 'hours', 1.5],
    [440 * 60_000, 'hours', 7],
  ])('rounds %s ms to %s %s', (milliseconds, unit, value) => {
    expect(coarseTime(milliseconds)).toEqual({ unit, value });
  });
});
