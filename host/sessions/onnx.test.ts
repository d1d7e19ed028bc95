import { expect, test } from 'vitest';
import { exampleCard } from '../../main/example.fixture';
import { withWebgpuBounds } from './onnx';

const bound = (precision: 'float16' | 'float32'): number | undefined => {
  const card = exampleCard('photo');
  return withWebgpuBounds({ ...card, onnx: { ...card.onnx, precision } }).outputs[0]?.maxAbsError;
};

test('WebGPU may be further off in half precision, and no further in single', () => {
  expect(bound('float16')).toBe(6);
  expect(bound('float32')).toBe(2);
});
