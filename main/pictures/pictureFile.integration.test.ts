import { execFile } from 'node:child_process';
import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { pictureBytes, pictureHeader } from '../../app/pictureFile';
import { temporaryFolder } from '../example.fixture';
import { closePictures, pixels, pixelsOf } from './picture.fixture';
import { PictureFile, placeFor } from './pictureFile';

closePictures();

const places = (memory: number | null, disk: number | Error) => ({
  memory: memory === null ? null : { folder: '/memory', freeBytes: async () => memory },
  disk: {
    folder: '/disk',
    freeBytes: async () => {
      if (disk instanceof Error) throw disk;
      return disk;
    },
  },
});

test.each([
  ['in memory where that has room', 100, 1000, '/memory'],
  ['on the disk where memory has less', 99, 100, '/disk'],
  ['on the disk where the system shows no memory', null, 100, '/disk'],
] as const)('a picture lies %s', async (_, memory, disk, folder) => {
  expect(await placeFor(100, places(memory, disk))).toBe(folder);
});

test.each([
  ['neither has room', 600e6, 80e6],
  ['the disk cannot be asked', 600e6, new Error('EIO')],
])('says how much room a picture needs where %s', async (_, bytes, disk) => {
  const freeBytes = disk instanceof Error ? 0 : disk;
  await expect(placeFor(bytes, places(0, disk))).rejects.toMatchObject({
    code: 'PICTURE_NEEDS_ROOM',
    params: { freeBytes },
  });
});

test('holds rows where they were written, in any order, after a header that says its shape', async () => {
  const file = await PictureFile.create({ width: 5, height: 4, channels: 3 }, await temporaryFolder());
  const rgb = Uint8Array.from({ length: 60 }, (_, i) => i);
  await file.writeRows(2, rgb.subarray(30));
  await file.writeRows(0, rgb.subarray(0, 30));
  expect(await pixelsOf(file.facts)).toEqual(rgb);
  expect(new Uint8Array(await readFile(file.facts.file)).subarray(0, 64)).toEqual(pictureHeader(5, 4, 3));
});

test('is opened by the addon as it says', async () => {
  const file = await PictureFile.create({ width: 5, height: 4, channels: 1 }, await temporaryFolder());
  await file.writeRows(3, Uint8Array.of(1, 2, 3, 4, 5));
  const row = new Uint8Array(5);
  await pixels.openPicture(file.facts, 'read').read({ x: 0, y: 3, width: 5, height: 1 }, row);
  expect([...row]).toEqual([1, 2, 3, 4, 5]);
});

// NTFS gives a file its space when it is made.
test.skipIf(process.platform === 'win32')('takes no disk before it is written', async () => {
  const file = await PictureFile.create({ width: 20_000, height: 10_000, channels: 3 }, await temporaryFolder());
  const { stdout } = await promisify(execFile)('stat', ['-L', '-c', '%s %b', file.facts.file]);
  const [size, blocks] = stdout.trim().split(' ').map(Number);
  expect(size).toBe(pictureBytes(20_000, 10_000, 3));
  expect(blocks).toBeLessThan(1000);
});

test.skipIf(process.platform === 'win32')("is this user's alone, whatever the umask", async () => {
  const umask = process.umask(0);
  const file = await PictureFile.create({ width: 5, height: 4, channels: 3 }, await temporaryFolder());
  process.umask(umask);
  expect((await stat(file.facts.file)).mode & 0o777).toBe(0o600);
});

test('leaves nothing in its folder once it is closed', async () => {
  const folder = await temporaryFolder();
  await (await PictureFile.create({ width: 5, height: 4, channels: 3 }, folder)).close();
  expect(await readdir(folder)).toEqual([]);
});

test('leaves nothing in its folder where there was no room for it', async () => {
  const folder = await temporaryFolder();
  const wild = { width: Number.MAX_SAFE_INTEGER, height: 1, channels: 3 } as const;
  await expect(PictureFile.create(wild, folder)).rejects.toThrow();
  expect(await readdir(folder)).toEqual([]);
});

test.runIf(process.platform === 'linux')('leaves nothing however its owner ends', async () => {
  const folder = await temporaryFolder();
  const script = `
    const { PictureFile } = await import(${JSON.stringify(path.join(import.meta.dirname, 'pictureFile.ts'))});
    const file = await PictureFile.create({ width: 5, height: 4, channels: 3 }, ${JSON.stringify(folder)});
    await file.writeRows(0, new Uint8Array(60));
    process.kill(process.pid, 'SIGKILL');`;
  const ended = await promisify(execFile)(process.execPath, [
    '--import',
    'tsx',
    '--input-type=module',
    '-e',
    script,
  ]).catch((error: { signal: string }) => error);
  expect(ended).toMatchObject({ signal: 'SIGKILL' });
  expect(await readdir(folder)).toEqual([]);
});
