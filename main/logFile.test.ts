import { execFileSync } from 'node:child_process';
import { chmod, mkdir, readdir, readFile, rename, stat, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { temporaryFolder } from './example.fixture';
import { LogFile } from './logFile';

let folder: string;
let file: string;
beforeEach(async () => {
  folder = path.join(await temporaryFolder(), 'logs');
  file = path.join(folder, 'main.log');
});
const isWindows = process.platform === 'win32';
const modes = async (): Promise<string[]> =>
  (await Promise.all([folder, file].map((each) => stat(each)))).map(({ mode }) => (mode & 0o777).toString(8));

test.skipIf(isWindows)('is this user’s alone whatever the umask, and becomes so where it was not', async () => {
  await mkdir(folder);
  await writeFile(file, 'before\n');
  await chmod(folder, 0o777);
  await chmod(file, 0o666);
  new LogFile(file).write('after');
  expect(await modes()).toEqual(['700', '600']);
  expect(await readFile(file, 'utf8')).toBe('before\nafter\n');
});

test.skipIf(isWindows).each(['pipe', 'folder', '/dev/full', '/dev/zero'])(
  'writes nothing into %s in its place, waits for nobody and says so once',
  { timeout: 5000 },
  async (what) => {
    await mkdir(folder);
    if (what === 'pipe') execFileSync('mkfifo', [file]);
    else if (what === 'folder') await mkdir(file);
    else await symlink(what, file);
    const complaints: string[] = [];
    const log = new LogFile(file, (why) => complaints.push(why));
    log.write('one');
    log.write('two');
    expect(complaints).toHaveLength(1);
  },
);

test('keeps no more than two files of a MiB', async () => {
  const log = new LogFile(file);
  for (let i = 0; i < 40; i++) log.write('x'.repeat(2 ** 16));
  expect((await readdir(folder)).sort()).toEqual(['main.log', 'main.old.log']);
  for (const name of await readdir(folder))
    expect((await stat(path.join(folder, name))).size).toBeLessThanOrEqual(2 ** 20);
});

test.skipIf(isWindows)('begins a new file where it was moved away', async () => {
  const log = new LogFile(file);
  log.write('one');
  await rename(file, path.join(folder, 'moved.log'));
  log.write('two');
  expect(await readFile(file, 'utf8')).toBe('two\n');
});
