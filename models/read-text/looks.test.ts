import { expect, test } from 'vitest';
import { compareLooks, overlapOf } from './looks';
import type { Rectangle } from './rectangle';

const at = (x: number, y: number, length: number, breadth: number, degrees = 0): Rectangle => ({
  centre: { x, y },
  along: { x: Math.cos((degrees * Math.PI) / 180), y: Math.sin((degrees * Math.PI) / 180) },
  length,
  breadth,
});

test.each([
  ['the same', at(0, 0, 20, 10), 200],
  ['a quarter', at(10, 5, 20, 10), 50],
  ['one that lies upside down', at(0, 0, 20, 10, 180), 200],
  ['one that stands', at(0, 0, 20, 10, 90), 100],
  ['a turned square', at(0, 0, 2, 2, 45), 4],
  ['nothing of one beside it', at(30, 0, 20, 10), 0],
  ['nothing of one that it touches', at(20, 0, 20, 10), 0],
  ['nothing of a turned one beside its corner', at(15, 10, 10, 10, 45), 0],
  ['the corner of a turned one', at(14, 0, 10, 10, 45), 0.5 * 2 * (Math.SQRT1_2 * 10 - 4) ** 2],
])('a rectangle shares with another %s', (_, other, area) => {
  expect(overlapOf(at(0, 0, 20, 10), other)).toBeCloseTo(area, 6);
});

test('takes what the closer look found where text ran together at a glance', () => {
  const close = [at(100, 20, 180, 30), at(100, 60, 180, 30)];
  expect(compareLooks([at(100, 40, 200, 80)], close, 1)).toEqual({ sure: close, unsure: [] });
});

test('takes what only one of the looks found', () => {
  const [one, other] = [at(100, 20, 180, 30), at(100, 300, 180, 30)];
  expect(compareLooks([one], [other], 1)).toEqual({ sure: [one, other], unsure: [] });
});

test('lets reading decide where large letters may have been found in parts', () => {
  const letters = [at(150, 200, 200, 300), at(450, 200, 200, 300)];
  const whole = at(300, 200, 600, 340);
  expect(compareLooks([whole], letters, 1)).toEqual({ sure: [], unsure: [{ whole, parts: letters }] });
});

test('leaves a piece of a line out that lies whole in the closer look', () => {
  const close = [at(300, 20, 600, 30)];
  expect(compareLooks([at(100, 20, 180, 30)], close, 1)).toEqual({ sure: close, unsure: [] });
});
