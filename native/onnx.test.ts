import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import protobuf from 'protobufjs/minimal.js';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { tinyOnnx } from '../test/tinyOnnx';
import { graphSha256, outlineOnnx, readOnnxFile } from './onnx';

const onnx = tinyOnnx({ factor: 0.5, offset: 10 });
const hash = (bytes: Uint8Array) => graphSha256(bytes, outlineOnnx(bytes, 'a.onnx'));

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'refit-onnx-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** An ONNX file of one initializer that lies in another file. */
async function withExternal(location: string, { offset = 0, length = 8, asConstant = false } = {}): Promise<string> {
  const bytesField = (id: number, bytes: Uint8Array) =>
    new protobuf.Writer()
      .uint32((id << 3) | 2)
      .bytes(bytes)
      .finish();
  const entry = (key: string, value: string | number) =>
    bytesField(13, new protobuf.Writer().uint32(10).string(key).uint32(18).string(`${value}`).finish());
  const tensor = Buffer.concat([
    new protobuf.Writer().uint32(66).string('w').finish(),
    entry('location', location),
    entry('offset', offset),
    entry('length', length),
    new protobuf.Writer().uint32(112).int32(1).finish(),
  ]);
  const held = asConstant ? bytesField(1, bytesField(5, bytesField(5, tensor))) : bytesField(5, tensor);
  const file = path.join(folder, 'model.onnx');
  await writeFile(file, bytesField(7, held));
  return file;
}

test('finds every initializer where it lies', () => {
  const { tensors } = outlineOnnx(onnx, 'a.onnx');
  expect(tensors.map(({ name, bytes }) => [name, bytes])).toEqual([
    ['first.weight', 16 * 3 * 9 * 4],
    ['second.weight', 3 * 16 * 4],
    ['second.bias', 3 * 4],
    ['least', 4],
    ['most', 4],
  ]);
  const bias = tensors.find(({ name }) => name === 'second.bias');
  const values = onnx.slice(bias?.offset, (bias?.offset ?? 0) + 12);
  expect([...new Float32Array(values.buffer)]).toEqual([10, 10, 10]);
});

test('the same graph has the same hash whatever its weights are', () => {
  expect(hash(tinyOnnx({ factor: 0.25, offset: 20 }))).toBe(hash(onnx));
});

test('another graph has another hash', () => {
  expect(hash(tinyOnnx({ factor: 0.5, offset: 10, channels: 24 }))).not.toBe(hash(onnx));
  expect(hash(Buffer.from(Buffer.from(onnx).toString('latin1').replaceAll('Clip', 'Clap'), 'latin1'))).not.toBe(
    hash(onnx),
  );
});

test.each([1, 100, 0.5, 0.99])('refuses a file cut off at %s', (at) => {
  const cut = onnx.subarray(0, at < 1 ? Math.floor(onnx.length * at) : at);
  expect(() => outlineOnnx(cut, 'a.onnx')).toThrow(expect.objectContaining({ code: 'ONNX_REFUSED' }));
});

test('takes external data in the model’s own folder', async () => {
  await mkdir(path.join(folder, 'data'));
  await writeFile(path.join(folder, 'data', 'w.bin'), Buffer.alloc(64));
  const { external } = await readOnnxFile(await withExternal('data/w.bin', { offset: 16, length: 8 }));
  expect(external).toMatchObject([{ name: 'w', offset: 16, bytes: 8, file: expect.stringMatching(/w\.bin$/) }]);
});

const outside = { code: 'ONNX_REFUSED', detail: expect.stringContaining('outside its folder') };
test.each(['../w.bin', 'data/../../w.bin', '/etc/hostname', 'C:\\w.bin', '\\\\host\\w.bin', '..\\w.bin', ''])(
  'refuses external data at %j',
  async (location) => {
    await expect(readOnnxFile(await withExternal(location))).rejects.toMatchObject(outside);
  },
);

test.skipIf(process.platform === 'win32')('refuses external data behind a link', async () => {
  await symlink('/etc/hostname', path.join(folder, 'w.bin'));
  const reading = readOnnxFile(await withExternal('w.bin', { length: 1 }));
  await expect(reading).rejects.toMatchObject({ code: 'ONNX_REFUSED', detail: expect.stringContaining('link') });
});

test('refuses external data past the end of its file', async () => {
  await writeFile(path.join(folder, 'w.bin'), Buffer.alloc(10));
  const reading = readOnnxFile(await withExternal('w.bin', { offset: 4, length: 8 }));
  await expect(reading).rejects.toMatchObject({ detail: expect.stringContaining('past the end') });
});

test('refuses external data that is missing', async () => {
  const reading = readOnnxFile(await withExternal('w.bin'));
  await expect(reading).rejects.toMatchObject({ detail: expect.stringContaining('missing') });
});

test('refuses a constant whose values lie elsewhere, which the engine library would look for itself', async () => {
  const reading = readOnnxFile(await withExternal('w.bin', { asConstant: true }));
  await expect(reading).rejects.toMatchObject({ code: 'ONNX_REFUSED' });
});
