import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { createSaves } from '../../storage/saveFile';
import { temporaryFolder } from '../example.fixture';
import { commitOnce, type Written } from './commit';
import { createOutputs, type Outputs } from './outputs';
import { openRecord, type QueueRecord } from './record';

let root: string;
let out: string;
let outputs: Outputs;
let record: QueueRecord;
const opened = (): Promise<QueueRecord> =>
  openRecord(path.join(root, 'queue'), (error) => {
    throw error;
  });
beforeEach(async () => {
  root = await temporaryFolder();
  out = path.join(root, 'out');
  await mkdir(out);
  outputs = createOutputs(0o022);
  record = await opened();
  const file = path.join(root, 'cat.png');
  const item = { id: 1, name: 'cat.png', folder: '', state: { kind: 'waiting' } as const };
  record.note({ kind: 'added', items: [item], before: null }, new Map([[1, file]]));
  return () => record.close();
});

async function written(): Promise<Written> {
  const name = (nth: number): string => `cat${nth > 1 ? ` (${nth})` : ''}.png`;
  const wanted = { file: path.join(root, 'cat.png'), folder: '', output: out, keepFolders: true, name };
  const place = await outputs.reserve(1, wanted);
  const save = await createSaves(path.join(root, 'saves'), 0o022).begin(place.file, { replace: false });
  await writeFile(save.temporary, 'mine');
  return { save, items: [1], place, wanted, elapsedMs: 7 };
}

test('a file whose name was taken while it was made gets the next one, and the next start knows which', async () => {
  const its = await written();
  // As long as its own: the name tells them apart.
  await writeFile(path.join(out, 'cat.png'), 'that');
  const file = path.join(out, 'cat (2).png');
  expect(await commitOnce(its, outputs, record)).toEqual({ file, shown: 'cat (2).png' });
  expect([await readFile(path.join(out, 'cat.png'), 'utf8'), await readFile(file, 'utf8')]).toEqual(['that', 'mine']);
  await record.close();
  const { kept } = await opened();
  expect(kept.items[0]?.state).toEqual({ kind: 'saved', file: 'cat (2).png', elapsedMs: 7 });
  expect([...kept.results]).toEqual([[1, file]]);
});

test('a file whose folder went while it was made is an error, and the item waits at the next start', async () => {
  const its = await written();
  await rm(out, { recursive: true });
  await expect(commitOnce(its, outputs, record)).rejects.toMatchObject({ code: 'ENOENT' });
  await mkdir(out);
  expect([await readdir(out), await readdir(path.join(root, 'saves'))]).toEqual([[], []]);
  await record.close();
  expect((await opened()).kept.items[0]?.state).toEqual({ kind: 'waiting' });
});
