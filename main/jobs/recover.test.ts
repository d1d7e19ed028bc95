import { expect, test } from 'vitest';
import { maxFailuresWithoutProgress, recover } from './recover';

test.each([
  ['HOST_DIED', 'gpu', 1, 'again'],
  ['GPU_FAULT', 'gpu', 2, 'again'],
  ['HOST_DIED', 'gpu', maxFailuresWithoutProgress, 'cpu'],
  ['HOST_DIED', 'cpu', 1, 'again'],
  ['HOST_DIED', 'cpu', maxFailuresWithoutProgress, 'fail'],
  ['HOST_GAVE_UP', 'gpu', 1, 'cpu'],
  ['OUT_OF_VRAM', 'gpu', 1, 'smaller'],
  ['OUT_OF_MEMORY', 'gpu', 1, 'cpu'],
  ['DRIVER_MISSING', 'gpu', 1, 'cpu'],
  ['SESSION_FAILED', 'gpu', 1, 'cpu'],
  ['RUN_FAILED', 'cpu', 1, 'fail'],
  ['BAD_MESSAGE', 'gpu', 1, 'fail'],
] as const)('%s on the %s, the %i. in a row: %s', (code, device, failuresWithoutProgress, recovery) => {
  expect(recover(code, device, failuresWithoutProgress)).toBe(recovery);
});

test('no failure is met the same way for ever', () => {
  for (const code of ['HOST_DIED', 'GPU_FAULT'] as const) {
    expect(recover(code, 'gpu', 99)).toBe('cpu');
    expect(recover(code, 'cpu', 99)).toBe('fail');
  }
});
