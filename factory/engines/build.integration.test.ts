import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { parseCatalog } from '../../app/catalog';
import { readShipped } from '../../main/setup/shipped';
import { readEngine, sha256 } from '../../storage/verify';
import { type BuildEvent, pathsIn, repository } from './build';
import { engineFolder } from './catalogFile';
import { build, exampleRepository, fakeBuilder, putModel } from './example.fixture';
import { engineName } from './wanted';

const catalogOf = async (root: string) =>
  parseCatalog(await readFile(path.join(root, 'engines', 'catalog.json'), 'utf8'), 'catalog.json');
const namesOf = async (root: string) => (await catalogOf(root)).engines.map(engineName);
const filesIn = async (root: string) =>
  (await readdir(path.join(root, 'engines'), { recursive: true }))
    .filter((name) => /\.(json|br|partial)/.test(name))
    .sort();

it('builds every target of every profile', async () => {
  const root = await exampleRepository({ photo: 'a network' });
  const { built, failed } = await build(root);
  expect([built.length, failed]).toEqual([4, []]);
  const files = ['ada', 'ampere', 'portable', 'turing'].map((target) =>
    path.join('photo', 'tile32', 'tensorrt-rtx-1.6.1', `${target}.engine.br`),
  );
  expect(await filesIn(root)).toEqual(['catalog.json', ...files]);
});

it('builds nothing a second time', async () => {
  const root = await exampleRepository({ photo: 'a network' });
  await build(root);
  expect(await build(root)).toMatchObject({ built: [], upToDate: 4 });
});

it('builds again what lies damaged on the disk', async () => {
  const root = await exampleRepository({ photo: 'a network' });
  await build(root);
  await writeFile(path.join(root, 'engines', 'photo', 'tile32', 'tensorrt-rtx-1.6.1', 'ada.engine.br'), 'damaged');
  expect((await build(root)).built).toEqual(['photo/tile32/ada']);
});

it("builds a model's engines again when its network has changed, and no other's", async () => {
  const root = await exampleRepository({ photo: 'a network', faces: 'another' });
  await build(root);
  await putModel(root, 'photo', 'a better network');
  expect((await build(root)).built.every((name) => name.startsWith('photo/'))).toBe(true);
});

it('drops from the catalog what no card asks for any more', async () => {
  const root = await exampleRepository({ photo: 'a network', faces: 'another' });
  await build(root);
  await rm(path.join(root, 'models', 'faces'), { recursive: true });
  await build(root);
  expect((await namesOf(root)).every((name) => name.startsWith('photo/'))).toBe(true);
});

it('builds engines of a newer library beside those of the older one', async () => {
  const root = await exampleRepository({ photo: 'a network' });
  await build(root);
  const before = await catalogOf(root);
  const { built, failed } = await build(root, { runtime: 'tensorrt-rtx 1.7.1' });
  expect([built.length, failed]).toEqual([4, []]);
  const { engines } = await catalogOf(root);
  expect(engines.filter(({ runtime }) => runtime === 'tensorrt-rtx 1.6.1')).toEqual(before.engines);
  expect(engines.filter(({ runtime }) => runtime === 'tensorrt-rtx 1.7.1').map(({ target }) => target)).toEqual(
    before.engines.map(({ target }) => target),
  );
  const folder = engineFolder(path.join(root, 'engines'));
  for (const entry of engines) expect(sha256(await readEngine(folder.engine(entry), entry))).toBe(entry.engineSha256);
  expect(await build(root)).toMatchObject({ built: [], upToDate: 4 });
  expect(await build(root, { runtime: 'tensorrt-rtx 1.7.1' })).toMatchObject({ built: [], upToDate: 4 });
});

it('says what failed and why, and builds the others', async () => {
  const root = await exampleRepository({ photo: 'a network, fail 86' });
  const { built, failed } = await build(root);
  expect(built).toHaveLength(3);
  expect(failed).toEqual([
    { engine: 'photo/tile32/ampere', reason: expect.stringContaining('Target SM 86 not found') },
  ]);
});

it('kills a build that hears no signal when its time is up, and leaves nothing of it', async () => {
  const root = await exampleRepository({ photo: 'a network, hang 75' });
  const { built, failed } = await build(root, { limitMs: 4000 });
  expect(built).toHaveLength(3);
  expect(failed).toEqual([{ engine: 'photo/tile32/turing', reason: 'stopped after 4 s, its time limit' }]);
  expect((await filesIn(root)).filter((name) => name.includes('turing'))).toEqual([]);
});

it('keeps the engine that is out of date until its successor is whole', async () => {
  const root = await exampleRepository({ photo: 'a network' });
  await build(root);
  await putModel(root, 'photo', 'a network, fail 75');
  await build(root);
  expect(existsSync(path.join(root, 'engines', 'photo', 'tile32', 'tensorrt-rtx-1.6.1', 'turing.engine.br'))).toBe(
    true,
  );
  expect(await namesOf(root)).toContain('photo/tile32/turing');
});

it('gives the same catalog whatever order builds end in', async () => {
  const one = await exampleRepository({ photo: 'a network', faces: 'another' });
  const other = await exampleRepository({ photo: 'a network', faces: 'another' });
  await build(one, { jobs: 1 });
  await build(other, { only: 'ada' });
  await build(other, { jobs: 4 });
  const text = (root: string) => readFile(path.join(root, 'engines', 'catalog.json'), 'utf8');
  expect(await text(other)).toBe(await text(one));
});

/** A run that hangs in its last engine, by name turing, and is then killed. @returns the id of the process that hung. */
async function killedRun(root: string): Promise<number> {
  const options = { root, jobs: 1, limitMs: 600_000, builder: fakeBuilder };
  const script = `import { buildEngines } from './factory/engines/build.ts'; await buildEngines(${JSON.stringify(options)});`;
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], { cwd: repository });
  const partial = path.join(
    root,
    'engines',
    'photo',
    'tile32',
    'tensorrt-rtx-1.6.1',
    `turing.engine.br.${child.pid}.partial`,
  );
  while (!existsSync(partial) || readFileSync(partial, 'utf8') === '') await setTimeout(50);
  child.kill('SIGKILL');
  await once(child, 'exit');
  return Number(readFileSync(partial, 'utf8'));
}

it('goes on after it was killed where it was', async () => {
  const root = await exampleRepository({ photo: 'a network, hang 75' });
  await killedRun(root);
  expect(await build(root, { limitMs: 1000 })).toMatchObject({
    upToDate: 3,
    failed: [{ engine: 'photo/tile32/turing' }],
  });
  expect((await filesIn(root)).filter((name) => name.endsWith('.partial'))).toEqual([]);
});

it.runIf(process.platform === 'linux')('takes the processes that it started with it when it is killed', async () => {
  const pid = await killedRun(await exampleRepository({ photo: 'a network, hang 75' }));
  const isAlive = () => existsSync(`/proc/${pid}`);
  for (let i = 0; i < 100 && isAlive(); i++) await setTimeout(50);
  expect(isAlive()).toBe(false);
});

it('builds nothing in a dry run', async () => {
  const root = await exampleRepository({ photo: 'a network' });
  expect((await build(root, { dryRun: true })).built).toHaveLength(4);
  expect(existsSync(path.join(root, 'engines'))).toBe(false);
});

it('reports each build as it goes', async () => {
  const root = await exampleRepository({ photo: 'a network' });
  const events: BuildEvent[] = [];
  await build(root, { only: 'ada', on: (event) => events.push(event) });
  expect(events.map(({ kind }) => kind)).toEqual(['plan', 'started', 'progress', 'built']);
});

it('says that a catalog without a key is unsigned, which the app then refuses', async () => {
  const root = await exampleRepository({ photo: 'a network' });
  const { signing } = await build(root);
  expect(signing).toMatchObject({ kind: 'unsigned', reason: expect.stringContaining('no signing key') });
  expect((await readShipped(pathsIn(root))).catalogFault?.code).toBe('CATALOG_UNSIGNED');
});

it('refuses to build where a card does not parse', async () => {
  const root = await exampleRepository({ photo: 'a network' });
  await writeFile(path.join(root, 'models', 'photo', 'model.json'), '{');
  await expect(build(root)).rejects.toThrow('models/photo/model.json');
});
