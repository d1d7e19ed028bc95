import { expect, test } from 'vitest';
import { maxFailuresWithoutProgress, recover } from './recover';

test.each([
  ['HOST_DIED', 'gpu', 1, 'again'],
  ['GPU_FAULT', 'gpu', 2, 'again'],
  ['HOST_DIED', 'gpu', maxFailuresWithoutProgress, 'next'],
  ['HOST_DIED', 'cpu', 1, 'again'],
  ['HOST_DIED', 'cpu', maxFailuresWithoutProgress, 'fail'],
  ['HOST_GAVE_UP', 'gpu', 1, 'next'],
  ['OUT_OF_VRAM', 'gpu', 1, 'smaller'],
  ['OUT_OF_MEMORY', 'gpu', 1, 'next'],
  ['DRIVER_MISSING', 'gpu', 1, 'next'],
  ['SESSION_FAILED', 'gpu', 1, 'next'],
  ['GPU_FAULT', 'webgpu', 1, 'again'],
  ['GPU_FAULT', 'webgpu', maxFailuresWithoutProgress, 'next'],
  ['OUT_OF_VRAM', 'webgpu', 1, 'next'],
  ['WEBGPU_WRONG', 'webgpu', 1, 'next'],
  ['RUN_FAILED', 'cpu', 1, 'fail'],
  ['BAD_MESSAGE', 'gpu', 1, 'fail'],
] as const)('%s on the %s, the %i. in a row: %s', (code, device, failuresWithoutProgress, recovery) => {
  expect(recover(code, device, failuresWithoutProgress)).toBe(recovery);
});

test('every run of failures ends: the job goes on in the same way only so often', () => {
  for (const code of ['HOST_DIED', 'GPU_FAULT'] as const) {
    expect(recover(code, 'gpu', 99)).toBe('next');
    expect(recover(code, 'cpu', 99)).toBe('fail');
  }
});
