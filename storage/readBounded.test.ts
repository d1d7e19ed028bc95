import { execFileSync } from 'node:child_process';
import { mkdir, readdir, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { temporaryFolder } from '../main/example.fixture';
import { readBounded, readStreamed, readTextSync, UnfitFileError } from './readBounded';

let file: string;
beforeEach(async () => {
  file = path.join(await temporaryFolder(), 'file');
});
// Nor are its files sparse unless asked to be.
const hasNoPipes = process.platform === 'win32';

test('reads a file of at most so many bytes', async () => {
  await writeFile(file, 'four');
  expect((await readBounded(file, 4)).toString()).toBe('four');
  await writeFile(file, '');
  expect(await readBounded(file, 4)).toHaveLength(0);
});

test('refuses one byte more, and says so without the folder', async () => {
  await writeFile(file, 'fifth');
  await expect(readBounded(file, 4)).rejects.toThrow(/^file has 5 bytes, more than 4$/);
});

test.skipIf(hasNoPipes)('does not begin to read a file of terabytes', async () => {
  await writeFile(file, '');
  await truncate(file, 2 ** 40);
  const before = process.memoryUsage.rss();
  await expect(readBounded(file, 2 ** 20)).rejects.toThrow('more than');
  expect(process.memoryUsage.rss() - before).toBeLessThan(2 ** 26);
});

test.skipIf(hasNoPipes)('refuses a pipe that nobody writes to, at once', { timeout: 5000 }, async () => {
  execFileSync('mkfifo', [file]);
  await expect(readBounded(file, 4)).rejects.toThrow('file is no regular file');
});

test.skipIf(hasNoPipes).each(['/dev/zero', '/etc/hostname'])('follows no link, as to %s', async (target) => {
  await symlink(target, file);
  await expect(readBounded(file, 2 ** 20)).rejects.toMatchObject({ code: 'ELOOP' });
});

test.skipIf(hasNoPipes)('refuses a device and a folder', async () => {
  await expect(readBounded('/dev/zero', 4)).rejects.toThrow('zero is no regular file');
  await mkdir(file);
  await expect(readBounded(file, 2 ** 20)).rejects.toThrow();
});

test.skipIf(hasNoPipes)('follows a link to a file of what was installed, and to nothing else', async () => {
  const target = path.join(path.dirname(file), 'target');
  await writeFile(target, 'four');
  await symlink(target, file);
  expect((await readBounded(file, 4, { follow: true })).toString()).toBe('four');
  await rm(file);
  await symlink('/dev/zero', file);
  await expect(readBounded(file, 4, { follow: true })).rejects.toThrow('file is no regular file');
  for await (const _ of readStreamed(target)) await writeFile(target, 'longer', { flag: 'a' });
  await expect(readStreamed(file, { follow: true }).next()).rejects.toThrow('file is no regular file');
});

test('reads an installed text at once, and nothing that is larger or no file', async () => {
  await writeFile(file, 'größer');
  expect(readTextSync(file, 8)).toBe('größer');
  expect(() => readTextSync(file, 7)).toThrow(UnfitFileError);
  expect(() => readTextSync(path.dirname(file), 1 << 20)).toThrow();
});

test('nothing in main, host and storage reads a file past it', async () => {
  // Out of the asar, which Electron has open: package.json, at the start, and the window's page. And the kernel's own counters and lists.
  const others = new Set([
    'readBounded.ts',
    'signature.ts',
    'oomKills.ts',
    'display.ts',
    'pictureFile.ts',
    'window.ts',
    'fileStream.ts',
  ]);
  const root = path.resolve(import.meta.dirname, '..');
  const names: string[] = [];
  for (const room of ['main', 'host', 'storage'])
    for (const name of await readdir(path.join(root, room), { recursive: true }))
      if (/^[^.]+\.ts$/.test(path.basename(name)) && !others.has(path.basename(name)))
        names.push(path.join(room, name));
  const reads = /\b(readFile|readFileSync|createReadStream|readSync|opendir)\b/;
  const found: string[] = [];
  for (const name of names) if (reads.test(await readFile(path.join(root, name), 'utf8'))) found.push(name);
  expect(names.length).toBeGreaterThan(30);
  expect(found).toEqual([]);
});
