import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { exampleShipment } from './example.fixture';
import { readShipped } from './shipped';

test('reads every model folder and the catalog', async () => {
  const { paths } = await exampleShipment(['photo', 'faces']);
  const { cards, catalog, notices } = await readShipped(paths);
  expect([cards.map(({ id }) => id), catalog.engines.length, notices]).toEqual([['faces', 'photo'], 2, []]);
});

test('leaves out a tool whose card does not parse, says so, and keeps the others', async () => {
  const { paths } = await exampleShipment(['photo', 'faces']);
  await writeFile(path.join(paths.modelsDir, 'photo', 'model.json'), '{"id": "photo", ');
  const { cards, notices } = await readShipped(paths);
  expect([cards.map(({ id }) => id), notices.map(({ code }) => code)]).toEqual([['faces'], ['CARD_UNREADABLE']]);
});

test('refuses a card that claims another folder', async () => {
  const { paths } = await exampleShipment(['photo']);
  await mkdir(path.join(paths.modelsDir, 'other'));
  await writeFile(path.join(paths.modelsDir, 'other', 'model.json'), '{}');
  expect((await readShipped(paths)).notices.map(({ code }) => code)).toEqual(['CARD_UNREADABLE']);
});

test('goes on without engines when the catalog does not parse', async () => {
  const { paths } = await exampleShipment(['photo']);
  await writeFile(paths.catalogFile, '[]');
  const { cards, catalog, notices } = await readShipped(paths);
  expect([cards.length, catalog.engines, notices.map(({ code }) => code)]).toEqual([1, [], ['CATALOG_UNREADABLE']]);
});
