import { expect, test } from 'vitest';
import { gapAt, inSight, pitch, scrollTo, widthOf } from './place';

test('the items in sight are those that the strip shows, and some beyond', () => {
  expect(inSight(0, 800, 40)).toEqual({ first: 0, end: 15 });
  const { first, end } = inSight(5000 * pitch, 800, 10_000);
  expect(first).toBeLessThan(5000);
  expect(end).toBeGreaterThan(5009);
  expect(end - first).toBeLessThan(30);
  expect(inSight(0, 800, 0)).toEqual({ first: 0, end: 0 });
});

test('what is put down goes to the nearest gap', () => {
  expect(gapAt(0, 5)).toBe(0);
  expect(gapAt(8 + pitch * 2.4, 5)).toBe(2);
  expect(gapAt(8 + pitch * 2.6, 5)).toBe(3);
  expect(gapAt(widthOf(5) + 500, 5)).toBe(5);
});

test('the strip scrolls to an item that is out of sight, and stays for one that is in it', () => {
  expect(scrollTo(3, 0, 800)).toBe(0);
  expect(scrollTo(0, 400, 800)).toBe(0);
  const left = scrollTo(100, 0, 800);
  expect(inSight(left, 800, 200).end).toBeGreaterThan(100);
});
