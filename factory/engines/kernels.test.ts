import { brotliDecompressSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { exampleEntry as engine, exampleGpu as gpu, hash } from '../../app/example.fixture';
import { kernelsFor } from '../../app/kernels';
import { withKernels } from './catalogFile';
import { packKernels } from './kernels';

const rig = { gpu, driver: { version: '580.10', cudaVersion: 13000 }, runtime: engine.runtime };
const kernels = Buffer.from('compiled kernels');
const { entry, compressed } = packKernels(rig, { entry: engine }, kernels);
const catalog = { version: 1 as const, engines: [engine] };

test('kernels are packed so that the app takes them on the machine that compiled them', () => {
  expect(kernelsFor(engine, rig, withKernels(catalog, [entry]))).toEqual(entry);
  expect(Buffer.from(brotliDecompressSync(compressed))).toEqual(kernels);
  expect(entry).toMatchObject({ sm: '8.9', bytes: kernels.byteLength, compressedBytes: compressed.byteLength });
});

test('kernels are listed in the same order whoever was compiled first', () => {
  const other = { ...entry, sm: '12.0' };
  const one = withKernels(withKernels(catalog, [entry]), [other]);
  const two = withKernels(withKernels(catalog, [other]), [entry]);
  expect(JSON.stringify(one)).toBe(JSON.stringify(two));
});

test('kernels take the place of older ones of the same name', () => {
  const newer = { ...entry, sha256: hash('8') };
  expect(withKernels(withKernels(catalog, [entry]), [newer]).kernels).toEqual([newer]);
});

test('kernels go with the engine that they were compiled for', () => {
  const rebuilt = { ...withKernels(catalog, [entry]), engines: [{ ...engine, engineSha256: hash('9') }] };
  expect(withKernels(rebuilt, [])).not.toHaveProperty('kernels');
});
