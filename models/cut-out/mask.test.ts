import { expect, test } from 'vitest';
import { maskToAlpha } from './mask';

test('takes a float mask as 0 to 1', () => {
  expect([...maskToAlpha(new Float32Array([0, 0.5, 1]))]).toEqual([0, 128, 255]);
});

test('takes a byte mask as it is', () => {
  expect([...maskToAlpha(new Uint8Array([7, 255]))]).toEqual([7, 255]);
});

test('keeps values that overshoot inside alpha', () => {
  expect([...maskToAlpha(new Float32Array([-0.1, 1.2]))]).toEqual([0, 255]);
});
