import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { EngineEntry } from '../../app/catalog';
import { exampleEntry, temporaryFolder } from '../../main/example.fixture';
import { openPack } from '../../main/weights/pack';
import { openVersions } from '../../main/weights/versions';
import { sha256 } from '../../storage/verify';
import { tinyOnnx } from '../../test/tinyOnnx';
import { examplePack, key, newWeights } from './pack.fixture';

const newSha256 = sha256(tinyOnnx(newWeights));

async function installed(flags: EngineEntry['flags'] = ['STRIP_PLAN', 'REFIT']) {
  const example = await examplePack();
  const { card, paths, pack } = example;
  const entry = { ...exampleEntry('tiny'), flags, onnxSha256: card.onnx.sha256 };
  const shipped = { cards: [card], catalog: { version: 1 as const, engines: [entry] }, notices: [] };
  const dir = await temporaryFolder();
  const open = () => openVersions(dir, shipped, paths);
  const versions = await open();
  await versions.install(await openPack(pack, key));
  return { ...example, dir, open, versions, shipped };
}

test('an installed version lies beside the shipped one and is not used yet', async () => {
  const { versions, card } = await installed();
  expect(versions.of('tiny').map(({ onnx }) => onnx.sha256)).toEqual([card.onnx.sha256, newSha256]);
  expect(versions.current('tiny').onnx.sha256).toBe(card.onnx.sha256);
});

test('a chosen version looks as if it had shipped, also after a restart', async () => {
  const { versions, open } = await installed();
  await versions.choose('tiny', newSha256);
  for (const { shipped, paths } of [versions, await open()]) {
    expect(shipped.cards[0]?.onnx.sha256).toBe(newSha256);
    expect(shipped.catalog.engines[0]?.onnxSha256).toBe(newSha256);
    expect(sha256(await readFile(paths.prepared('tiny', 'model.onnx')))).toBe(newSha256);
  }
});

test('a choice changes no list that somebody read before it', async () => {
  const { versions, card } = await installed();
  const { cards, catalog } = versions.shipped;
  await versions.choose('tiny', newSha256);
  expect([cards[0]?.onnx, catalog.engines[0]?.onnxSha256]).toEqual([card.onnx, card.onnx.sha256]);
});

test('switching back brings the shipped version', async () => {
  const { versions, card, preparedDir } = await installed();
  await versions.choose('tiny', newSha256);
  await versions.choose('tiny', card.onnx.sha256);
  expect(versions.shipped.cards[0]?.onnx).toEqual(card.onnx);
  expect(path.dirname(versions.paths.prepared('tiny', 'model.onnx'))).toBe(preparedDir);
});

test('an engine built for one set of weights does not serve another version', async () => {
  const { versions, card } = await installed(['STRIP_PLAN', 'REFIT_IDENTICAL']);
  await versions.choose('tiny', newSha256);
  expect(versions.shipped.catalog.engines[0]?.onnxSha256).toBe(card.onnx.sha256);
});

test('a version of another shipped model is left out', async () => {
  const { versions, dir, shipped, paths, card } = await installed();
  await versions.choose('tiny', newSha256);
  const updated = { ...card, onnx: { ...card.onnx, sha256: 'f'.repeat(64) } };
  const later = await openVersions(dir, { ...shipped, cards: [updated] }, paths);
  expect(later.of('tiny')).toHaveLength(1);
  expect(later.current('tiny').onnx.sha256).toBe(updated.onnx.sha256);
});

test('a folder that is half of a version is left out', async () => {
  const { versions, open } = await installed();
  await rm(path.join(versions.of('tiny')[1]?.dir ?? '', 'version.json'));
  expect((await open()).of('tiny')).toHaveLength(1);
});

test('nothing is left of a pack that is refused', async () => {
  const { open, pack, dir } = await installed();
  const opened = await openPack(pack, key);
  await rm(path.join(dir, 'tiny'), { recursive: true });
  for (const reference of opened.manifest.references)
    for (const ending of ['', '.br'])
      await writeFile(path.join(pack, 'objects', `${reference.sha256}${ending}`), 'x').catch(() => {});
  const fresh = await open();
  await expect(fresh.install(opened)).rejects.toMatchObject({ code: 'PACK_REFUSED' });
  expect((await open()).of('tiny')).toHaveLength(1);
});

test('a version that another user has laid there is left out', async () => {
  const { dir, shipped, paths } = await installed();
  expect((await openVersions(dir, shipped, paths, 'the key of another user')).of('tiny')).toHaveLength(1);
});

test('a version whose record has changed in any byte is left out', async () => {
  const { versions, open } = await installed();
  const file = path.join(versions.of('tiny')[1]?.dir ?? '', 'version.json');
  const own = await readFile(file);
  for (let at = 0; at < own.byteLength; at++) {
    const bytes = Buffer.from(own);
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    await writeFile(file, bytes);
    expect((await open()).of('tiny'), `byte ${at}`).toHaveLength(1);
  }
  await writeFile(file, own);
  expect((await open()).of('tiny')).toHaveLength(2);
});

test('a version that was cut off in being installed again comes back, and nothing is left of it', async () => {
  const { dir, open } = await installed();
  const model = path.join(dir, 'tiny');
  await rename(path.join(model, newSha256), path.join(model, `.replaced-${newSha256}`));
  await mkdir(path.join(model, '.tmp-999999999-aaaa'));
  expect((await open()).of('tiny')).toHaveLength(2);
  expect((await readdir(model)).sort()).toEqual([newSha256]);
});

test('a choice that is cut at any length, zeroed or changed in any byte costs the choice, never the start', async () => {
  const { versions, dir, open, card } = await installed();
  await versions.choose('tiny', newSha256);
  const file = path.join(dir, 'tiny', 'choice.json');
  const own = await readFile(file);
  const damaged = [Buffer.alloc(own.byteLength)];
  for (let at = 0; at < own.byteLength; at++) {
    damaged.push(own.subarray(0, at));
    for (const mask of [0x01, 0x20, 0xff]) {
      const bytes = Buffer.from(own);
      bytes[at] = (bytes[at] ?? 0) ^ mask;
      damaged.push(bytes);
    }
  }
  const found = new Set<string>();
  for (const bytes of damaged) {
    await writeFile(file, bytes);
    found.add((await open()).current('tiny').onnx.sha256);
  }
  // The last byte is a line's end: without it the choice is whole.
  expect([...found].sort()).toEqual([card.onnx.sha256, newSha256].sort());
  await writeFile(file, own.subarray(0, -2));
  expect((await open()).current('tiny').onnx.sha256).toBe(card.onnx.sha256);
  await writeFile(file, own);
  expect((await open()).current('tiny').onnx.sha256).toBe(newSha256);
});

test('nothing is left of a choice that was cut off in being written', async () => {
  const { versions, dir, open } = await installed();
  await versions.choose('tiny', newSha256);
  await writeFile(path.join(dir, 'tiny', 'choice.json.3141592653'), '{"onnx');
  expect((await open()).current('tiny').onnx.sha256).toBe(newSha256);
  expect((await readdir(path.join(dir, 'tiny'))).sort()).toEqual([newSha256, 'choice.json'].sort());
});

test('a choice that another user has put there is not followed', async () => {
  const { versions, dir, open, card } = await installed();
  const file = path.join(dir, 'tiny', 'choice.json');
  await writeFile(file, JSON.stringify({ onnxSha256: newSha256 }));
  expect((await open()).current('tiny').onnx.sha256).toBe(card.onnx.sha256);
  await versions.choose('tiny', newSha256);
  const { mac } = JSON.parse(await readFile(file, 'utf8'));
  await writeFile(file, JSON.stringify({ onnxSha256: newSha256, mac: mac.replace(/^./, mac[0] === '0' ? '1' : '0') }));
  expect((await open()).current('tiny').onnx.sha256).toBe(card.onnx.sha256);
});
