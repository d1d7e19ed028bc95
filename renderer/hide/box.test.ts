import { expect, test } from 'vitest';
import { between, moved } from './box';

const picture = { width: 200, height: 100 };
const box = { x: 20, y: 30, width: 40, height: 50 };

test('moves a box, but never all of it out of the picture', () => {
  expect(moved(box, 'all', 5, -10, picture)).toEqual({ ...box, x: 25, y: 20 });
  expect(moved(box, 'all', -1000, 1000, picture)).toEqual({ ...box, x: -36, y: 96 });
});

test('moves a corner and leaves the opposite one, four pixels away at least', () => {
  expect(moved(box, 'nw', -5, -6, picture)).toEqual({ x: 15, y: 24, width: 45, height: 56 });
  expect(moved(box, 'se', 5, 6, picture)).toEqual({ x: 20, y: 30, width: 45, height: 56 });
  expect(moved(box, 'ne', -1000, 1000, picture)).toEqual({ x: 20, y: 76, width: 4, height: 4 });
});

test('keeps some of a box in the picture where a corner is moved that lies inside', () => {
  const atLeft = { x: -36, y: -46, width: 40, height: 50 };
  expect(moved(atLeft, 'se', -1000, -1000, picture)).toEqual(atLeft);
  const atRight = { x: 190, y: 90, width: 40, height: 50 };
  expect(moved(atRight, 'nw', 1000, 1000, picture)).toEqual({ x: 196, y: 96, width: 34, height: 44 });
});

test('draws a box between two points in any direction, within the picture', () => {
  expect(between({ x: 60, y: 80 }, { x: 20, y: 30 }, picture)).toEqual(box);
  expect(between({ x: -10, y: -10 }, { x: 500, y: 40 }, picture)).toEqual({ x: 0, y: 0, width: 200, height: 40 });
  expect(between({ x: 20, y: 30 }, { x: 22, y: 80 }, picture)).toBeNull();
});
