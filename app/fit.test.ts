import { expect, test } from 'vitest';
import { fitSize } from './fit';

const input = { width: 640, height: 640 };

test('stretches a picture over the whole input', () => {
  expect(fitSize('stretch', { width: 100, height: 50 }, input)).toEqual(input);
});

test('keeps the shape of a contained picture', () => {
  expect(fitSize('contain', { width: 1280, height: 640 }, input)).toEqual({ width: 640, height: 320 });
  expect(fitSize('contain', { width: 100, height: 200 }, input)).toEqual({ width: 320, height: 640 });
});

test('leaves a pixel of the thinnest picture', () => {
  expect(fitSize('contain', { width: 16384, height: 1 }, input)).toEqual({ width: 640, height: 1 });
});
