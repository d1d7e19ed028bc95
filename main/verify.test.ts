import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { exampleCard, exampleEntry, exampleShipment, temporaryFolder } from './example.fixture';
import { readEngine, readGolden, readOnnx, sha256 } from './verify';

test('hands on an engine whose hash holds', async () => {
  const { paths } = await exampleShipment(['photo']);
  const entry = exampleEntry('photo');
  expect(sha256(await readEngine(paths.engine(entry), entry))).toBe(entry.engineSha256);
});

test.each([
  ['other bytes', brotliCompressSync(Buffer.from('another engine!!!'))],
  ['bytes that do not decompress', Buffer.from('not brotli at all')],
  ['a file that unpacks to more than the catalog says', brotliCompressSync(Buffer.alloc(50_000_000))],
  ['an empty file', Buffer.alloc(0)],
])('refuses an engine of %s', async (_name, bytes) => {
  const { paths } = await exampleShipment(['photo']);
  const entry = exampleEntry('photo');
  await writeFile(paths.engine(entry), bytes);
  await expect(readEngine(paths.engine(entry), entry)).rejects.toMatchObject({ code: 'ENGINE_HASH_MISMATCH' });
});

test('refuses an ONNX with one byte changed', async () => {
  const { paths } = await exampleShipment(['photo']);
  await writeFile(paths.prepared('photo', 'model.onnx'), 'an ONNX fils');
  await expect(readOnnx(paths.prepared('photo', 'model.onnx'), exampleCard('photo'))).rejects.toMatchObject({
    code: 'ONNX_HASH_MISMATCH',
  });
});

test('says which file is missing without telling where a person keeps things', async () => {
  const error = await readOnnx('/home/somebody/refit/models/photo/prepared/model.onnx', exampleCard('photo')).catch(
    (e) => e,
  );
  expect(error).toMatchObject({ code: 'FILE_MISSING', message: 'photo/prepared/model.onnx is missing.' });
});

test('refuses a golden picture whose reference has changed', async () => {
  const folder = await temporaryFolder();
  const card = exampleCard('photo');
  const input = Buffer.from('pixels');
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, 'in.bin'), input);
  await writeFile(path.join(folder, 'out.bin'), 'changed');
  const output = {
    name: 'upscaled',
    dtype: 'uint8',
    elements: 7,
    stride: 1,
    file: 'out.bin',
    sha256: sha256(Buffer.from('made')),
  };
  const profiles = { tile32: { input: { file: 'in.bin', sha256: sha256(input) }, outputs: [output] } };
  await writeFile(
    path.join(folder, 'golden.json'),
    JSON.stringify({ version: 1, onnxSha256: card.onnx.sha256, profiles }),
  );
  await expect(readGolden(folder, card, 'tile32')).rejects.toMatchObject({ code: 'GOLDEN_UNREADABLE' });
});
