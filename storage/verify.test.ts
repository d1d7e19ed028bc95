import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { exampleCard, exampleEntry, exampleShipment, temporaryFolder } from '../main/example.fixture';
import { readShipped } from '../main/setup/shipped';
import { digest, readEngine, readGolden, readOnnx, sha256 } from './verify';

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
  const error = await readOnnx(
    path.resolve('/home/somebody/refit/models/photo/prepared/model.onnx'),
    exampleCard('photo'),
  ).catch((e) => e);
  expect(error).toMatchObject({ code: 'FILE_MISSING', params: { file: 'photo/prepared/model.onnx' } });
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

/** Each byte of a file changed in one bit, one after the other. */
async function* everyFlip(file: string): AsyncGenerator<number> {
  const own = await readFile(file);
  for (let at = 0; at < own.byteLength; at++) {
    const bytes = Buffer.from(own);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << (at % 8));
    await writeFile(file, bytes);
    yield at;
  }
  await writeFile(file, own);
}

test('no byte of an engine can change without its being refused, or without changing nothing', async () => {
  const { paths } = await exampleShipment(['photo']);
  const entry = exampleEntry('photo');
  const file = paths.engine(entry);
  for await (const at of everyFlip(file)) {
    // A bit that means nothing to the decompression gives the very bytes that were signed.
    const outcome = await readEngine(file, entry).then(sha256, ({ code }: { code: string }) => code);
    expect([entry.engineSha256, 'ENGINE_HASH_MISMATCH'], `byte ${at}`).toContain(outcome);
  }
  expect(sha256(await readEngine(file, entry))).toBe(entry.engineSha256);
});

test('no byte of an ONNX can change without its being refused', async () => {
  const { paths } = await exampleShipment(['photo']);
  const file = paths.prepared('photo', 'model.onnx');
  for await (const at of everyFlip(file))
    await expect(readOnnx(file, exampleCard('photo')), `byte ${at}`).rejects.toMatchObject({
      code: 'ONNX_HASH_MISMATCH',
    });
});

test('no byte of the catalog can change without its being refused whole', async () => {
  const { paths, key } = await exampleShipment(['photo']);
  for await (const at of everyFlip(paths.catalogFile)) {
    const { catalog, catalogFault } = await readShipped(paths, key);
    expect([catalog.engines, catalogFault?.code], `byte ${at}`).toEqual([[], 'CATALOG_ALTERED']);
  }
});

test('hashes a large file beside its thread’s other work', async () => {
  const bytes = new Uint8Array(64 * 2 ** 20);
  const order: string[] = [];
  const other = new Promise<void>((resolve) =>
    setImmediate(() => {
      order.push('other work');
      resolve();
    }),
  );
  expect(await digest(bytes)).toBe(sha256(bytes));
  order.push('hash');
  await other;
  expect(order).toEqual(['other work', 'hash']);
});
