import path from 'node:path';
import { expect, test } from 'vitest';
import { exampleCard, exampleEntry, exampleIdentity, exampleShipment } from './example.fixture';
import type { GpuTask } from './hostProtocol';
import { keepsPlan, noPlanFromBytes, planOf } from './plan';

const race = { winner: { profile: 'tile32', target: 'portable' as const, cudaGraph: false }, rows: [] };
const kernels = Buffer.from('kernels');

async function task(): Promise<GpuTask> {
  const { root, paths } = await exampleShipment(['photo']);
  const card = exampleCard('photo');
  const [profile] = card.profiles;
  if (!profile) throw new Error('no profile');
  const entry = exampleEntry('photo');
  const onnxFile = paths.prepared('photo', 'model.onnx');
  const files = { engineFile: paths.engine(entry), onnxFile, preparedDir: path.dirname(onnxFile), cacheDir: root };
  const identity = { ...exampleIdentity, model: 'photo' };
  return { card, profile, entry, cudaGraph: false, gpu: 0, identity, ...files, addon: '', libraries: '' };
}

test('a session opens from the plan, where one was kept', async () => {
  const plan = Buffer.from('plan');
  expect(await planOf(await task(), { plan, kernels, race })).toBe(plan);
});

test('where none was, it opens from the engine and the weights, their hashes checked', async () => {
  const source = await planOf(await task(), { plan: null, kernels, race });
  expect(source).toEqual({ engine: Buffer.from('a stripped engine'), weights: Buffer.from('an ONNX file') });
  const { card, ...rest } = await task();
  const other = { ...rest, card: { ...card, onnx: { ...card.onnx, sha256: 'f'.repeat(64) } } };
  await expect(planOf(other, { plan: null, kernels, race })).rejects.toMatchObject({ code: 'ONNX_HASH_MISMATCH' });
});

test('plans of models below the measured size are kept, of others not', () => {
  const onnx = { ...exampleCard('photo').onnx, bytes: noPlanFromBytes };
  expect(keepsPlan({ onnx })).toBe(false);
  expect(keepsPlan({ onnx: { ...onnx, bytes: noPlanFromBytes - 1 } })).toBe(true);
});
