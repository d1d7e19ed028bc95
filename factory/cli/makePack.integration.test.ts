import { existsSync, readdirSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { parseModelCard } from '../../app/catalog';
import type { PackFault } from '../../app/errorCodes';
import { temporaryFolder } from '../../main/example.fixture';
import { applyPack, openPack } from '../../main/weights/pack';
import { openVersions } from '../../main/weights/versions';
import { outlineOnnx } from '../../native/onnx';
import { readGolden } from '../../storage/verify';
import { expectedPixels, tinyOnnx } from '../../test/tinyOnnx';
import { makePack } from './makePack';
import { examplePack, key, newWeights, oldWeights, pixels, signingKey } from './pack.fixture';

const refusal = (reason: PackFault) => ({ code: 'PACK_REFUSED', params: expect.objectContaining({ reason }) });
const unsigned = refusal('unsigned');
const damaged = refusal('damaged');
const otherGraph = refusal('otherGraph');

test('a pack turns the old file into the new one, byte for byte', async () => {
  const { pack, onnx } = await examplePack();
  expect(await applyPack(await openPack(pack, key), 'tiny', onnx)).toEqual(tinyOnnx(newWeights));
});

test('only tensors that changed are in it', async () => {
  const { pack, summary } = await examplePack();
  const { manifest } = await openPack(pack, key);
  expect(manifest.tensors.map(({ name }) => name)).toEqual(['second.weight', 'second.bias']);
  expect(summary).toMatchObject({ tensors: 2, changedBytes: 3 * 16 * 4 + 3 * 4 });
});

test('the golden reference is what the new weights give', async () => {
  const { paths, pack, card } = await examplePack();
  const shipped = { cards: [card], catalog: { version: 1 as const, engines: [] }, notices: [] };
  const versions = await openVersions(await temporaryFolder(), shipped, paths);
  const { dir, onnx } = await versions.install(await openPack(pack, key));
  const golden = await readGolden(dir, { ...card, onnx: { ...card.onnx, ...onnx } }, 'tile32');
  const expected = expectedPixels(pixels, newWeights).filter((_, i) => i % 7 === 0);
  expect(new Uint8Array(golden.reference[0] ?? [])).toEqual(expected);
});

test('refuses to make a pack of another graph, and says what differs', async () => {
  const making = examplePack({ ...newWeights, channels: 24 });
  await expect(making).rejects.toMatchObject({ ...otherGraph, detail: expect.stringContaining('first.weight') });
});

test('refuses to make a pack of the same weights', async () => {
  await expect(examplePack(oldWeights)).rejects.toThrow('the same weights');
});

test('a pack without a signature is refused', async () => {
  const { pack } = await examplePack();
  await writeFile(path.join(pack, 'manifest.json.sig'), '');
  await expect(openPack(pack, key)).rejects.toMatchObject(unsigned);
});

test('a pack whose manifest was altered is refused', async () => {
  const { pack } = await examplePack();
  const file = path.join(pack, 'manifest.json');
  await writeFile(file, (await readFile(file, 'utf8')).replace('"tiny"', '"tinY"'));
  await expect(openPack(pack, key)).rejects.toMatchObject(unsigned);
});

test('a pack signed with another key is refused', async () => {
  const { pack } = await examplePack();
  const other = 'MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=';
  await expect(openPack(pack, other)).rejects.toMatchObject(unsigned);
});

test('a pack with a changed tensor is refused', async () => {
  const { pack, onnx } = await examplePack();
  for (const name of readdirSync(path.join(pack, 'objects'))) {
    const file = path.join(pack, 'objects', name);
    const bytes = await readFile(file);
    await writeFile(file, bytes.fill(0));
  }
  await expect(openPack(pack, key).then((opened) => applyPack(opened, 'tiny', onnx))).rejects.toMatchObject(damaged);
});

test('a pack is refused by another graph', async () => {
  const { pack } = await examplePack();
  const opened = await openPack(pack, key);
  const other = tinyOnnx({ ...oldWeights, channels: 24 });
  await expect(applyPack(opened, 'tiny', other)).rejects.toMatchObject(otherGraph);
});

test('a pack is refused by other weights than it was made from', async () => {
  const { pack } = await examplePack();
  const opened = await openPack(pack, key);
  const other = tinyOnnx({ factor: 2, offset: 0 });
  await expect(applyPack(opened, 'tiny', other)).rejects.toMatchObject(refusal('otherVersion'));
});

test('a pack is refused by another model', async () => {
  const { pack, onnx } = await examplePack();
  const opened = await openPack(pack, key);
  await expect(applyPack(opened, 'other', onnx)).rejects.toMatchObject(refusal('otherModel'));
});

test('a signed pack cannot write into the graph', async () => {
  const { pack, onnx } = await examplePack();
  const { folder, manifest } = await openPack(pack, key);
  const tensors = manifest.tensors.map((tensor) => ({ ...tensor, offset: 4 }));
  await expect(applyPack({ folder, manifest: { ...manifest, tensors } }, 'tiny', onnx)).rejects.toMatchObject(
    otherGraph,
  );
});

const fast = path.resolve(import.meta.dirname, '..', '..', 'models', 'fast-x4');
test.skipIf(!existsSync(path.join(fast, 'prepared', 'model.onnx'))).each([
  ['all of fast-x4', 33],
  ['one layer of fast-x4', 1],
])('new weights for %s move at most 1.05 times their bytes', async (_name, most) => {
  const root = await temporaryFolder();
  const onnx = await readFile(path.join(fast, 'prepared', 'model.onnx'));
  const layers = outlineOnnx(onnx, 'fast-x4').tensors.filter(({ bytes }) => bytes > 10_000);
  // The lowest bit of every float16: other weights of the same kind.
  for (const { offset, bytes } of layers.slice(0, most))
    for (let i = offset; i < offset + bytes; i += 2) onnx[i] = (onnx[i] ?? 0) ^ 1;
  const newOnnxFile = path.join(root, 'new.onnx');
  await writeFile(newOnnxFile, onnx);
  const { changedBytes, packBytes } = await makePack({
    card: parseModelCard(await readFile(path.join(fast, 'model.json'), 'utf8'), 'model.json'),
    preparedDir: path.join(fast, 'prepared'),
    newOnnxFile,
    out: path.join(root, 'fast.refitpack'),
    signingKey,
  });
  expect(changedBytes).toBeGreaterThan(70_000);
  expect(packBytes / changedBytes).toBeLessThan(1.05);
});
