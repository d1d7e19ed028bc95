import { expect, test, vi } from 'vitest';
import { commands } from './contract';
import { maxParts } from './parts';
import { isWithinLimits } from './withinLimits';

const picture = { width: 1, height: 1, rgb: new Uint8Array(3) };

test('takes the largest message of ours, whatever its bytes', () => {
  const parts = { jobId: 1, model: 'text', done: 0, total: 64, pictures: new Array(maxParts).fill(picture) };
  expect(commands['job:parts'].safeParse(parts).success).toBe(true);
  expect(isWithinLimits(parts, 1000)).toBe(true);
  expect(isWithinLimits({ rgb: new Uint8Array(10_000_000) }, 1000)).toBe(true);
});

const circle: unknown[] = [];
circle.push(circle);
test.each([
  ['bytes where an object should be', new Uint8Array(10_000_000)],
  ['bytes in a list of objects', { pictures: [new Uint8Array(10_000_000)] }],
  ['bytes under another name', { model: new Uint8Array(1) }],
  ['many keys', Object.fromEntries(Array.from({ length: 1001 }, (_, i) => [i, 0]))],
  ['a long list', new Array(1001)],
  ['a circle', circle],
  ['great depth', JSON.parse(`${'['.repeat(5000)}${']'.repeat(5000)}`)],
])('refuses %s, and lists the keys of no bytes', (_, value) => {
  const keys = vi.spyOn(Object, 'keys');
  try {
    expect(isWithinLimits(value, 1000)).toBe(false);
    expect(keys.mock.calls.some(([of]) => ArrayBuffer.isView(of))).toBe(false);
  } finally {
    keys.mockRestore();
  }
});
