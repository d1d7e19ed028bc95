import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { signatureFile } from '../../storage/signature';
import { exampleCard, exampleShipment } from '../example.fixture';
import { paths as pathsOf } from '../paths';
import { readShipped } from './shipped';

test('reads every model folder and the catalog', async () => {
  const { paths, key } = await exampleShipment(['photo', 'faces']);
  const { cards, catalog, notices } = await readShipped(paths, key);
  expect([cards.map(({ id }) => id), catalog.engines.length, notices]).toEqual([['faces', 'photo'], 2, []]);
});

test('leaves out a tool whose card does not parse, says so, and keeps the others', async () => {
  const { paths, key } = await exampleShipment(['photo', 'faces']);
  await writeFile(path.join(paths.modelsDir, 'photo', 'model.json'), '{"id": "photo", ');
  const { cards, notices } = await readShipped(paths, key);
  expect([cards.map(({ id }) => id), notices.map(({ code }) => code)]).toEqual([['faces'], ['CARD_UNREADABLE']]);
});

test('refuses a card that claims another folder', async () => {
  const { paths, key } = await exampleShipment(['photo']);
  await mkdir(path.join(paths.modelsDir, 'other'));
  await writeFile(path.join(paths.modelsDir, 'other', 'model.json'), '{}');
  expect((await readShipped(paths, key)).notices.map(({ code }) => code)).toEqual(['CARD_UNREADABLE']);
});

test('goes on without engines when the catalog does not parse', async () => {
  const { paths } = await exampleShipment(['photo']);
  await writeFile(paths.catalogFile, '[]');
  const { cards, catalog, notices } = await readShipped(paths, null);
  expect([cards.length, catalog.engines, notices.map(({ code }) => code)]).toEqual([1, [], ['CATALOG_UNREADABLE']]);
});

test('takes no engine of a catalog without a signature, and keeps the tools', async () => {
  const { paths, key } = await exampleShipment(['photo']);
  await rm(signatureFile(paths.catalogFile));
  const { cards, catalog, catalogFault } = await readShipped(paths, key);
  expect([cards.length, catalog.engines, catalogFault?.code]).toEqual([1, [], 'CATALOG_UNSIGNED']);
});

test('takes no engine of a catalog of which one byte is another', async () => {
  const { paths, key } = await exampleShipment(['photo']);
  const text = await readFile(paths.catalogFile, 'utf8');
  await writeFile(paths.catalogFile, text.replace('"compressedBytes":1', '"compressedBytes":2'));
  const { catalog, catalogFault } = await readShipped(paths, key);
  expect([catalog.engines, catalogFault?.code]).toEqual([[], 'CATALOG_ALTERED']);
});

test("takes no engine of a catalog that somebody else's key signed", async () => {
  const { paths } = await exampleShipment(['photo']);
  const { key } = await exampleShipment(['photo']);
  expect((await readShipped(paths, key)).catalogFault?.code).toBe('CATALOG_ALTERED');
});

test('takes a signature that is none for a wrong one', async () => {
  const { paths, key } = await exampleShipment(['photo']);
  await writeFile(signatureFile(paths.catalogFile), 'not a signature');
  expect((await readShipped(paths, key)).catalogFault?.code).toBe('CATALOG_ALTERED');
});

test('gives a model no engines when its card was changed after it was signed, and keeps the tool', async () => {
  const { paths, key } = await exampleShipment(['photo', 'faces']);
  const lenient = exampleCard('photo', { outputs: [{ name: 'upscaled', dtype: 'uint8', maxAbsError: 255 }] });
  await writeFile(path.join(paths.modelsDir, 'photo', 'model.json'), JSON.stringify(lenient));
  const { cards, catalog, notices } = await readShipped(paths, key);
  expect(cards.map(({ id }) => id)).toEqual(['faces', 'photo']);
  expect(catalog.engines.map(({ model }) => model)).toEqual(['faces']);
  expect(notices.map(({ code }) => code)).toEqual(['CARD_ALTERED']);
});

test('has nothing against a card that has no engines yet', async () => {
  const { paths, key } = await exampleShipment(['photo']);
  await mkdir(path.join(paths.modelsDir, 'mine'));
  await writeFile(path.join(paths.modelsDir, 'mine', 'model.json'), JSON.stringify(exampleCard('mine')));
  expect((await readShipped(paths, key)).notices).toEqual([]);
});

test('the catalog of this repository is signed by the key that the app trusts (if not: npm run refit -- sign)', async () => {
  const { catalog, notices } = await readShipped(pathsOf(path.resolve(import.meta.dirname, '..', '..'), false));
  expect([notices, catalog.engines.length > 0]).toEqual([[], true]);
});
