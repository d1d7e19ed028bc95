import { chown, lstat, mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../main/example.fixture';
import { leftoverName, sweepLeftovers } from './leftovers';

const isAlive = (pid: number): boolean => pid === 34;

test('removes what processes that have died left, and nothing of one that runs or of others', async () => {
  const folder = await temporaryFolder();
  for (const name of ['refit-picture-12-a', 'refit-picture-34-b', 'refit-strips-12-c', 'another-12', 'refit-picture-x'])
    await writeFile(path.join(folder, name), '');
  for (const name of ['refit-save-12-d', 'refit-save-34-e', 'refit-e2e-12']) await mkdir(path.join(folder, name));
  await writeFile(path.join(folder, 'refit-save-12-d', 'encoded.jpeg'), 'half');
  await sweepLeftovers([path.join(folder, 'none'), folder], isAlive);
  expect((await readdir(folder)).sort()).toEqual(
    ['another-12', 'refit-e2e-12', 'refit-picture-34-b', 'refit-picture-x', 'refit-save-34-e'].sort(),
  );
});

test('leaves what this process is at work on', async () => {
  const folder = await temporaryFolder();
  const name = `${leftoverName('strips')}a`;
  await writeFile(path.join(folder, name), '');
  await sweepLeftovers([folder]);
  expect(await readdir(folder)).toEqual([name]);
});

test.skipIf(process.platform === 'win32')('removes a link, and not what it leads to', async () => {
  const [folder, other] = [await temporaryFolder(), await temporaryFolder()];
  await writeFile(path.join(other, 'mine.png'), '');
  await symlink(other, path.join(folder, 'refit-save-12-a'));
  await sweepLeftovers([folder], isAlive);
  expect([await readdir(folder), await readdir(other)]).toEqual([[], ['mine.png']]);
});

test.skipIf(process.getuid?.() !== 0)("leaves another user's", async () => {
  const folder = await temporaryFolder();
  const theirs = path.join(folder, 'refit-save-12-a');
  await mkdir(theirs);
  await chown(theirs, 65534, 65534);
  await sweepLeftovers([folder], isAlive);
  expect((await lstat(theirs)).isDirectory()).toBe(true);
});
