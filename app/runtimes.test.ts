import { expect, test } from 'vitest';
import { exampleEntry } from './example.fixture';
import { defaultRuntime, findRuntime, runtimeOf, runtimeSlug, runtimes, runtimesIn, servesGpu } from './runtimes';

const entries = (...names: string[]) => ({ engines: names.map((runtime) => ({ ...exampleEntry, runtime })) });

test('finds a library by its name, and by its version alone', () => {
  expect(findRuntime('1.7.1')?.name).toBe('tensorrt-rtx 1.7.1');
  expect(findRuntime('tensorrt-rtx 1.6.1')?.version).toBe('1.6.1');
  expect(() => runtimeOf('1.5.0')).toThrow('It knows tensorrt-rtx 1.7.1 and tensorrt-rtx 1.6.1.');
});

test('names each once, with hashes of its own, and knows the default one', () => {
  const hashes = runtimes.flatMap(({ wheel, headers }) => [wheel.linuxSha256, wheel.windowsSha256, headers.sha256]);
  expect(new Set(hashes).size).toBe(hashes.length);
  expect(hashes.every((hash) => /^[0-9a-f]{64}$/.test(hash))).toBe(true);
  expect(new Set(runtimes.map(({ name }) => runtimeSlug(name))).size).toBe(runtimes.length);
  expect(findRuntime(defaultRuntime)).toBeDefined();
});

test.each([
  [['tensorrt-rtx 1.6.1'], ['tensorrt-rtx 1.6.1']],
  [
    ['tensorrt-rtx 1.6.1', 'tensorrt-rtx 1.7.1', 'tensorrt-rtx 1.6.1'],
    ['tensorrt-rtx 1.7.1', 'tensorrt-rtx 1.6.1'],
  ],
  [
    ['other 2.0', 'tensorrt-rtx 1.6.1'],
    ['tensorrt-rtx 1.6.1', 'other 2.0'],
  ],
  [[], [defaultRuntime]],
])('lists what a catalog of %j names, the newest first', (names, expected) => {
  expect(runtimesIn(entries(...names))).toEqual(expected);
});

test('says that 1.7.1 does not run on compute capability 9.0, and 1.6.1 does', () => {
  const hopper = { major: 9, minor: 0 };
  expect([servesGpu('tensorrt-rtx 1.7.1', hopper), servesGpu('tensorrt-rtx 1.6.1', hopper)]).toEqual([false, true]);
  expect(servesGpu('tensorrt-rtx 1.7.1', { major: 8, minor: 9 })).toBe(true);
});
