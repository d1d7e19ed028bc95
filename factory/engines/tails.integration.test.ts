import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { type Catalog, type EngineEntry, parseCatalog } from '../../app/catalog';
import { readEngine, sha256 } from '../../storage/verify';
import { engineFolder } from './catalogFile';
import { build, exampleRepository, putModel } from './example.fixture';
import { loosenTails, packTails, recoverEngine } from './tails';

async function built() {
  const root = await exampleRepository({ photo: 'a network' });
  await build(root);
  return opened(root);
}

async function opened(root: string) {
  const folder = engineFolder(path.join(root, 'engines'));
  const text = await readFile(folder.catalogFile, 'utf8');
  const catalog = parseCatalog(text, 'catalog.json');
  const entry = (target: EngineEntry['target']) => {
    const found = catalog.engines.find((each) => each.target === target);
    if (!found) throw new Error(`no ${target}`);
    return found;
  };
  return { root, folder, text, catalog, entry };
}

const outcome = (file: string, entry: EngineEntry) =>
  readEngine(file, entry).then(sha256, (error: { code: string; message: string }) => `${error.code} ${error.message}`);

it('ships every engine but the portable one as a tail, and each reads as the very engine', async () => {
  const { folder, catalog } = await built();
  expect(catalog.engines.filter(({ base }) => !base).map(({ target }) => target)).toEqual(['portable']);
  for (const entry of catalog.engines) {
    const file = folder.engine(entry);
    expect(await outcome(file, entry)).toBe(entry.engineSha256);
    expect((await readFile(file)).byteLength).toBe(entry.compressedBytes);
  }
});

it('refuses a tail where a changed byte of it or of its base changes the engine', async () => {
  const { folder, entry } = await built();
  const ada = entry('ada');
  for (const changed of [ada, entry('portable')]) {
    const file = folder.engine(changed);
    const own = await readFile(file);
    for (let at = 0; at < own.byteLength; at++) {
      const bytes = Buffer.from(own);
      bytes[at] = (bytes[at] ?? 0) ^ (1 << (at % 8));
      await writeFile(file, bytes);
      expect(await outcome(folder.engine(ada), ada), `byte ${at}`).toMatch(
        new RegExp(`^(${ada.engineSha256}$|ENGINE_HASH_MISMATCH)`),
      );
    }
    await writeFile(file, own);
  }
});

it.each([
  ['a base of another engine', 'portable', brotliCompressSync(Buffer.from('another')), 'portable.engine.br'],
  ['an empty base', 'portable', Buffer.alloc(0), 'portable.engine.br'],
  ['an empty tail', 'ada', Buffer.alloc(0), 'ada.engine.br'],
  ['a tail that unpacks to far more', 'ada', brotliCompressSync(Buffer.alloc(50_000_000)), 'ada.engine.br'],
] as const)('refuses %s, and names the file', async (_name, target, bytes, named) => {
  const { folder, entry } = await built();
  await writeFile(folder.engine(entry(target)), bytes);
  const found = await outcome(folder.engine(entry('ada')), entry('ada'));
  expect(found).toContain('ENGINE_HASH_MISMATCH');
  expect(found).toContain(named);
});

it('packs again to the same bytes after tails stood alone', async () => {
  const { folder, catalog, text, entry } = await built();
  const before = await readFile(folder.engine(entry('ada')));
  const loose = await loosenTails(
    folder,
    catalog,
    ['photo/tile32/tensorrt-rtx-1.6.1/portable.engine.br'],
    async () => {},
  );
  expect(loose.engines.some(({ base }) => base)).toBe(false);
  const packed = await packTails(folder, loose, async () => {});
  expect(packed.engines).toEqual((JSON.parse(text) as Catalog).engines);
  expect(await readFile(folder.engine(entry('ada')))).toEqual(before);
});

it('reads a file whose form the catalog does not know yet, either way round', async () => {
  const { folder, catalog, entry } = await built();
  const loose = await loosenTails(
    folder,
    catalog,
    ['photo/tile32/tensorrt-rtx-1.6.1/portable.engine.br'],
    async () => {},
  );
  const ada = entry('ada');
  expect(sha256(await recoverEngine(folder, ada, catalog))).toBe(ada.engineSha256);
  await packTails(folder, loose, async () => {});
  const { base: _, ...alone } = ada;
  expect(sha256(await recoverEngine(folder, alone, loose))).toBe(ada.engineSha256);
});

it('builds no other target again when the portable engine alone is out of date', async () => {
  const { root, folder, catalog } = await built();
  // As after a change that only the portable engine's inputs know of.
  const engines = catalog.engines.map((each) =>
    each.target === 'portable' ? { ...each, inputsSha256: '0'.repeat(64) } : each,
  );
  await writeFile(folder.catalogFile, JSON.stringify({ ...catalog, engines }));
  expect((await build(root)).built).toEqual(['photo/tile32/portable']);
  expect((await opened(root)).catalog.engines.filter(({ base }) => base)).toHaveLength(3);
});

it('keeps old tails readable while a new portable engine fails to build', async () => {
  const { root, folder } = await built();
  await putModel(root, 'photo', 'a network, fail portable, fail 75, fail 86, fail 89');
  await build(root);
  const { catalog } = await opened(root);
  for (const entry of catalog.engines) expect(await outcome(folder.engine(entry), entry)).toBe(entry.engineSha256);
});
