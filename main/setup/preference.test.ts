import { chmod, mkdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { automatic } from '../../app/preference';
import { temporaryFolder } from '../example.fixture';
import { openPreference } from './preference';

const onCpu = { gpu: 'GPU-1', upTo: 'cpu' } as const;
const quiet = () => {};

test('is there at the next start, for this user alone', async () => {
  const file = path.join(await temporaryFolder(), 'device.json');
  await (await openPreference(file, quiet)).set(onCpu);
  expect((await openPreference(file, quiet)).get()).toEqual(onCpu);
  expect((await stat(file)).mode & 0o077).toBe(process.platform === 'win32' ? 0o066 : 0);
});

test.each<[string, string]>([
  ['nothing', ''],
  ['no JSON', '{"gpu": "GPU-1", "upTo": "cpu"'],
  ['another device', '{"gpu": null, "upTo": "tpu"}'],
  ['more than is known', '{"gpu": null, "upTo": "cpu", "path": "/etc"}'],
  ['a name without end', JSON.stringify({ gpu: 'x'.repeat(101), upTo: 'cpu' })],
  ['a file without end', `{"gpu": null, "upTo": "cpu"}${' '.repeat(2 ** 13)}`],
])('is no choice where the file holds %s', async (_, text) => {
  const file = path.join(await temporaryFolder(), 'device.json');
  await writeFile(file, text);
  expect((await openPreference(file, quiet)).get()).toEqual(automatic);
});

test('is no choice where no regular file is there', async () => {
  const folder = await temporaryFolder();
  await mkdir(path.join(folder, 'device.json'));
  await symlink('/dev/zero', path.join(folder, 'other.json'));
  for (const name of ['device.json', 'other.json', 'missing.json'])
    expect((await openPreference(path.join(folder, name), quiet)).get()).toEqual(automatic);
});

test('holds until the end where it cannot be kept', async () => {
  const folder = await temporaryFolder();
  const said: string[] = [];
  const kept = await openPreference(path.join(folder, 'no', 'folder', 'device.json'), (line) => said.push(line));
  await kept.set(onCpu);
  expect([kept.get(), said.length]).toEqual([onCpu, 1]);
});

test('replaces the choice before in one step', async () => {
  const file = path.join(await temporaryFolder(), 'device.json');
  const kept = await openPreference(file, quiet);
  await kept.set(onCpu);
  // Windows replaces no file that is marked so, and Refit marks none.
  if (process.platform !== 'win32') await chmod(file, 0o400);
  await kept.set(automatic);
  expect(JSON.parse(await readFile(file, 'utf8'))).toEqual(automatic);
});
