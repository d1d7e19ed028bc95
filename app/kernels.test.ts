import { expect, test } from 'vitest';
import type { KernelsEntry } from './catalog';
import { exampleEntry as engine, exampleGpu as gpu, hash } from './example.fixture';
import { kernelsFor } from './kernels';

const entry: KernelsEntry = {
  model: engine.model,
  profile: engine.profile,
  target: engine.target,
  sm: '8.9',
  runtime: 'tensorrt-rtx 1.6.1',
  cudaVersion: 12080,
  engineSha256: engine.engineSha256,
  sha256: hash('6'),
  bytes: 1000,
  compressedBytes: 100,
};
const here = { gpu, driver: { version: '580.10', cudaVersion: 13000 }, runtime: 'tensorrt-rtx 1.6.1' };
const find = (change: Partial<KernelsEntry>, machine = here) =>
  kernelsFor(engine, machine, { version: 1, engines: [engine], kernels: [{ ...entry, ...change }] });

test('are those of the GPU’s SM version, made with a CUDA that is not newer than here', () => {
  expect(find({})).toMatchObject({ sm: '8.9' });
  expect(find({ cudaVersion: 13000 })).toBeDefined();
});

test.each<[string, Partial<KernelsEntry>]>([
  ['another SM version', { sm: '8.6' }],
  ['a newer CUDA', { cudaVersion: 13010 }],
  ['a newer runtime', { runtime: 'tensorrt-rtx 1.6.2' }],
  ['a much newer runtime', { runtime: 'tensorrt-rtx 1.10.0' }],
  ['another runtime', { runtime: 'tensorrt 1.6.1' }],
  ['another engine', { engineSha256: hash('9') }],
  ['another target', { target: 'ada' }],
  ['another profile', { profile: 'tile-512' }],
  ['another model', { model: 'fast-x4' }],
])('of %s are left alone', (_name, change) => {
  expect(find(change)).toBeUndefined();
});

test('of an older runtime serve, as its documentation says', () => {
  expect(find({ runtime: 'tensorrt-rtx 1.5.9' })).toBeDefined();
});
