import { expect, test } from 'vitest';
import { exampleCard, exampleEntry, exampleIdentity } from '../main/example.fixture';
import { Configured } from './configured';
import type { TaskId } from './protocol';

const card = exampleCard('photo');
const newer = { ...card, onnx: { ...card.onnx, sha256: 'f'.repeat(64) } };
const identity = { ...exampleIdentity, model: 'photo', onnxSha256: card.onnx.sha256 };
const id: TaskId = {
  model: 'photo',
  onnxSha256: card.onnx.sha256,
  profile: 'tile32',
  target: 'portable',
  cudaGraph: true,
  gpuUuid: identity.gpuUuid,
};

function told(): Configured {
  const host = new Configured();
  host.configure({
    engine: { addon: '/addon', libraries: '/lib', cacheDir: '/cache', cacheKey: 'key' },
    models: [
      { card, onnxFile: '/shipped.onnx', preparedDir: '/shipped' },
      { card: newer, onnxFile: '/newer.onnx', preparedDir: '/newer' },
    ],
    candidates: [{ gpu: 1, identity, engines: [{ entry: exampleEntry('photo'), file: '/engine' }] }],
  });
  return host;
}

test('makes the whole task of a candidate’s names', () => {
  expect(told().task(id)).toEqual({
    card,
    entry: exampleEntry('photo'),
    profile: card.profiles[0],
    cudaGraph: true,
    gpu: 1,
    identity,
    engineFile: '/engine',
    onnxFile: '/shipped.onnx',
    preparedDir: '/shipped',
    cacheDir: '/cache',
    cacheKey: 'key',
    addon: '/addon',
    libraries: '/lib',
  });
});

test('another version, or smaller tiles, have a place of their own in the cache', () => {
  const { onnx } = newer;
  const task = told().task({ ...id, onnxSha256: onnx.sha256, below: 'tile64' });
  expect(task).toMatchObject({ card: newer, onnxFile: '/newer.onnx', preparedDir: '/newer' });
  expect(task.identity).toEqual({ ...identity, onnxSha256: onnx.sha256, below: 'tile64' });
});

test.each<[string, Partial<TaskId>]>([
  ['model', { model: '../photo' }],
  ['version', { onnxSha256: '0'.repeat(64) }],
  ['GPU', { gpuUuid: 'GPU-gone' }],
  ['profile', { profile: 'tile4096' }],
  ['engine', { target: 'turing' }],
])('refuses a %s that it was not told of', (_, change) => {
  expect(() => told().task({ ...id, ...change })).toThrow(expect.objectContaining({ code: 'BAD_MESSAGE' }));
});

test('refuses all before it is told anything', () => {
  const host = new Configured();
  for (const ask of [() => host.task(id), () => host.model(id), () => host.engine()])
    expect(ask).toThrow(expect.objectContaining({ code: 'BAD_MESSAGE' }));
});
