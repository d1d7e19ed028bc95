/** The part of the weights' API that needs no GPU: arguments, files, and that the driver is asked first. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { devAddonFile, devLibraryDir, loadAddon } from '../../native/addon';
import type { BuildOptions } from '../../native/binding';
import { readOnnxFile } from '../../native/onnx';
import { tinyOnnx, tinyOnnxWithData } from '../tinyOnnx';
import { failure } from './failure.fixture';

const root = path.join(import.meta.dirname, '..', '..');
const addon = loadAddon(path.join(root, devAddonFile));
const onnx = tinyOnnx({ factor: 0.5, offset: 10 });
const options: BuildOptions = { strip: false, refit: 'none', computeCapabilities: [86], shape: [64, 48] };
const folder = mkdtempSync(path.join(tmpdir(), 'refit-files-'));
const file = path.join(folder, 'model.onnx');
const engineFile = path.join(folder, 'built.engine');
let hasDriver = false;
beforeAll(() => {
  hasDriver = addon.probe(path.join(root, devLibraryDir)).driver.kind === 'known';
  writeFileSync(file, onnx);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('builds from a file into a file what it builds from bytes', async () => {
  const { bytes, buildMs } = await addon.buildEngineFile({ file, external: [] }, engineFile, options);
  const fromBytes = await addon.buildEngine(onnx, options);
  expect(readFileSync(engineFile).byteLength).toBe(bytes);
  expect(bytes).toBe(fromBytes.byteLength);
  expect(buildMs).toBeGreaterThan(0);
});

test('builds a network of fixed shape without being told one', async () => {
  writeFileSync(file, tinyOnnx({ factor: 0.5, offset: 10, inputShape: [1, 32, 32, 3] }));
  const { shape, ...own } = options;
  expect((await addon.buildEngineFile({ file, external: [] }, engineFile, own)).bytes).toBeGreaterThan(10_000);
  writeFileSync(file, onnx);
  expect((await failure(() => addon.buildEngineFile({ file, external: [] }, engineFile, own))).code).toBe(
    'ONNX_INVALID',
  );
});

test('builds what it builds from one file where the weights lie in another', async () => {
  const outside = tinyOnnxWithData({ factor: 0.5, offset: 10 });
  const split = path.join(folder, 'outside.onnx');
  writeFileSync(split, outside.onnx);
  writeFileSync(path.join(folder, 'weights.bin'), outside.data);
  const built = await addon.buildEngineFile(await readOnnxFile(split), engineFile, options);
  const bytes = readFileSync(engineFile);
  await addon.buildEngineFile({ file, external: [] }, engineFile, options);
  expect(built.bytes).toBe(bytes.byteLength);
  // The weights are in it: the bias of 10 three times over.
  const bias = Buffer.from(Float32Array.of(10, 10, 10).buffer);
  expect([bytes.includes(bias), readFileSync(engineFile).includes(bias)]).toEqual([true, true]);
});

test('says which file is missing, and writes none', async () => {
  const missing = path.join(folder, 'none.onnx');
  const found = await failure(() => addon.buildEngineFile({ file: missing, external: [] }, engineFile, options));
  expect(found).toMatchObject({ code: 'FILE_FAILED', message: expect.stringContaining('none.onnx') });
});

test('says that it cannot write where there is no folder', async () => {
  const nowhere = path.join(folder, 'none', 'built.engine');
  const found = await failure(() => addon.buildEngineFile({ file, external: [] }, nowhere, options));
  expect(found).toMatchObject({ code: 'FILE_FAILED', message: expect.stringContaining('Cannot create') });
});

test('refuses a tensor past the end of its file, before the library sees it', async () => {
  const external = [{ name: 'w', file, offset: 10, bytes: onnx.length }];
  const found = await failure(() => addon.buildEngineFile({ file, external }, engineFile, options));
  expect(found).toMatchObject({ code: 'ONNX_INVALID', message: expect.stringContaining('past the end') });
});

test.runIf(process.platform === 'linux')(
  'refuses what is no regular file, a FIFO without waiting for its writer',
  async () => {
    const fifo = path.join(folder, 'fifo');
    execFileSync('mkfifo', [fifo]);
    for (const other of [folder, fifo, '/dev/null']) {
      const external = [{ name: 'w', file: other, offset: 0, bytes: 1 }];
      const found = await failure(() => addon.buildEngineFile({ file, external }, engineFile, options));
      expect(found).toMatchObject({ code: 'FILE_FAILED', message: `Cannot read ${other}: not a regular file` });
    }
  },
);

test.each([
  [{ file: 7, external: [] }, 'Expected string for onnx.file but received 7'],
  [{ file: 'a' }, 'Expected array for onnx.external'],
  [
    { file: 'a', external: [{ name: 'w', file: 'b', offset: -1, bytes: 1 }] },
    'whole number for onnx.external[0].offset',
  ],
  [new Map([['w', 'no bytes']]), 'Expected Uint8Array for onnx.w but received string'],
  ['a.onnx', 'Expected Uint8Array for onnx but received string'],
])('refuses as weights %j', async (weights, words) => {
  // @ts-expect-error wrong arguments on purpose
  const found = await failure(() => addon.refit(onnx, weights));
  expect(found).toMatchObject({ code: 'BAD_ARGUMENT', message: expect.stringContaining(words) });
});

test('tries nothing without a driver', async ({ skip }) => {
  if (hasDriver) skip('this machine has a driver');
  const calls = [
    () => addon.refit(onnx, new Map([['w', new Uint8Array(4)]])),
    () => addon.refit(file, { file, external: [] }),
    () => addon.engineWeights(onnx),
    () => addon.openSession({ file, bytes: 1, deferWeights: true }),
    () => addon.openSession({ engine: onnx, weights: onnx }),
  ];
  for (const call of calls) expect((await failure(call)).code).toBe('DRIVER_MISSING');
});
