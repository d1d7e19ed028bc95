import { expect, test } from 'vitest';
import { maxStrokeNumbers } from '../../app/toolAnswer';
import { extended, isEnded, pathOf, startedAt } from './stroke';

test('a stroke gets a point only where the pointer has moved on, and one at its end', () => {
  let stroke = startedAt(true, 50, 10, 10);
  for (let x = 11; x <= 33; x++) stroke = extended(stroke, x, 10);
  expect(stroke.points).toEqual([10, 10, 20, 10, 30, 10]);
  expect(extended(stroke, 33, 10, true).points.slice(-2)).toEqual([33, 10]);
});

test('a stroke has a largest number of points', () => {
  let stroke = startedAt(false, 1, 0, 0);
  for (let x = 0; x < maxStrokeNumbers; x++) stroke = extended(stroke, x * 2, 0);
  expect([stroke.points.length, isEnded(stroke)]).toEqual([maxStrokeNumbers, true]);
});

test('a dot is drawn as a line to itself', () => {
  expect(pathOf(startedAt(true, 5, 1, 2))).toBe('M1 2L1 2');
  expect(pathOf(extended(startedAt(true, 5, 1, 2), 9, 9))).toBe('M1 2L9 9');
});
