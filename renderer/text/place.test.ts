import { expect, test } from 'vitest';
import type { TextRegion } from '../../models/tool';
import { layText } from './place';

test('lays level text along its box', () => {
  const corners: TextRegion['corners'] = [
    { x: 10, y: 20 },
    { x: 110, y: 20 },
    { x: 110, y: 40 },
    { x: 10, y: 40 },
  ];
  expect(layText(corners)).toEqual({ matrix: [1, 0, -0, 1, 10, 20], length: 100, size: 20 });
});

test('turns text that runs downwards by a right angle', () => {
  const corners: TextRegion['corners'] = [
    { x: 50, y: 0 },
    { x: 50, y: 80 },
    { x: 30, y: 80 },
    { x: 30, y: 0 },
  ];
  const { matrix, length, size } = layText(corners);
  expect([length, size]).toEqual([80, 20]);
  expect(matrix).toEqual([0, 1, -1, 0, 50, 0]);
});

test('keeps a box without an extent from dividing by zero', () => {
  const dot = { x: 5, y: 5 };
  expect(layText([dot, dot, dot, dot])).toEqual({ matrix: [0, 0, -0, 0, 5, 5], length: 1, size: 1 });
});
