import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { build, exampleRepository, putModel } from './example.fixture';
import { mergeEngines } from './merge';

const networks = { photo: 'a network', faces: 'another' };
const shardDir = (root: string, index: number) => path.join(root, 'shards', `${index}-of-3`);

async function buildShards(root: string): Promise<string[]> {
  const folders = [1, 2, 3].map((index) => shardDir(root, index));
  for (const [i, out] of folders.entries()) await build(root, { shard: { index: i + 1, count: 3 }, out });
  return folders;
}

/** Every file of a folder of engines, by name. */
async function contents(dir: string): Promise<Record<string, string>> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
  const texts = await Promise.all(
    files.sort().map(async (file) => [path.relative(dir, file), await readFile(file, 'hex')]),
  );
  return Object.fromEntries(texts);
}

it('makes of shards, in any order, byte for byte what one machine builds', async () => {
  const one = await exampleRepository(networks);
  await build(one);
  const many = await exampleRepository(networks);
  const folders = await buildShards(many);
  const { taken, missing } = await mergeEngines(folders.reverse(), undefined, many);
  expect([taken.length, missing]).toEqual([8, []]);
  expect(await contents(path.join(many, 'engines'))).toEqual(await contents(path.join(one, 'engines')));
});

it('shares the work out evenly, and gives every engine to one machine', async () => {
  const root = await exampleRepository(networks);
  const built = [];
  for (const index of [1, 2, 3])
    built.push((await build(root, { shard: { index, count: 3 }, out: shardDir(root, index), dryRun: true })).built);
  expect(built.map(({ length }) => length)).toEqual([3, 3, 2]);
  expect(new Set(built.flat()).size).toBe(8);
});

it('a shard leaves out what the repository has already, and the merge keeps it', async () => {
  const root = await exampleRepository(networks);
  await build(root, { only: 'photo' });
  const folders = await buildShards(root);
  const { taken, missing } = await mergeEngines(folders, undefined, root);
  expect([taken.length, missing]).toEqual([4, []]);
});

it('replaces what is out of date by what a shard built', async () => {
  const root = await exampleRepository(networks);
  await build(root);
  await putModel(root, 'photo', 'a better network');
  expect((await mergeEngines(await buildShards(root), undefined, root)).taken).toHaveLength(4);
  expect(await build(root)).toMatchObject({ built: [], upToDate: 8 });
});

it('puts engines of a newer library, from shards too, beside those that are there', async () => {
  const runtime = 'tensorrt-rtx 1.7.1';
  const one = await exampleRepository(networks);
  await build(one);
  await build(one, { runtime });
  const many = await exampleRepository(networks);
  await build(many);
  const folders = [1, 2].map((index) => shardDir(many, index));
  for (const [i, out] of folders.entries()) await build(many, { runtime, shard: { index: i + 1, count: 2 }, out });
  const { taken, missing } = await mergeEngines(folders, undefined, many);
  expect([taken.length, missing]).toEqual([8, []]);
  expect(await contents(path.join(many, 'engines'))).toEqual(await contents(path.join(one, 'engines')));
});

it('says what is missing where a shard was left out', async () => {
  const root = await exampleRepository(networks);
  const [first = '', second = ''] = await buildShards(root);
  expect((await mergeEngines([first, second], undefined, root)).missing).toHaveLength(2);
});

it('refuses two engines of the same inputs that differ, and writes nothing', async () => {
  const root = await exampleRepository({ photo: 'a network' });
  const [one, other] = [path.join(root, 'one'), path.join(root, 'other')];
  await build(root, { only: 'ada', out: one });
  await cp(one, other, { recursive: true });
  const catalog = path.join(other, 'catalog.json');
  const text = await readFile(catalog, 'utf8');
  await writeFile(catalog, text.replace(/"engineSha256": "[0-9a-f]{64}"/, `"engineSha256": "${'0'.repeat(64)}"`));
  await expect(mergeEngines([one, other], undefined, root)).rejects.toThrow('another engine of the same inputs');
  expect(await readdir(root)).not.toContain('engines');
});

it('refuses an engine that is damaged, and writes nothing', async () => {
  const root = await exampleRepository({ photo: 'a network' });
  const out = path.join(root, 'one');
  await build(root, { out });
  await writeFile(path.join(out, 'photo', 'tile32', 'tensorrt-rtx-1.6.1', 'ada.engine.br'), 'damaged');
  await expect(mergeEngines([out], undefined, root)).rejects.toThrow('photo/tile32/ada');
  expect(await readdir(root)).not.toContain('engines');
});

it('refuses engines of another network than the card here names', async () => {
  const root = await exampleRepository({ photo: 'a network' });
  const out = path.join(root, 'one');
  await build(root, { out });
  await putModel(root, 'photo', 'a better network');
  await expect(mergeEngines([out], undefined, root)).rejects.toThrow('built from other inputs');
});

it('refuses a folder that has no catalog', async () => {
  const root = await exampleRepository({ photo: 'a network' });
  await mkdir(path.join(root, 'empty'));
  await expect(mergeEngines([path.join(root, 'empty')], undefined, root)).rejects.toThrow('is missing');
});
