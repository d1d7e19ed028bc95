import { chmod, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { temporaryFolder } from '../main/example.fixture';
import { cacheKey, type Vault } from './cacheKey';

let folder: string;
let file: string;
beforeEach(async () => {
  folder = path.join(await temporaryFolder(), 'data');
  file = path.join(folder, 'cache.key');
});

const turned = (bytes: Uint8Array): Buffer => Buffer.from(bytes.map((byte) => byte ^ 0x55));
const vault: Vault = {
  encryptString: (text) => turned(Buffer.from(text)),
  decryptString: (bytes) => turned(bytes).toString(),
};

const keyOf = async (...where: Parameters<typeof cacheKey>) => (await cacheKey(...where)).key;

test('is the same at each start, and another for each user', async () => {
  const key = await keyOf(folder);
  expect(Buffer.from(key, 'base64')).toHaveLength(32);
  expect(await keyOf(folder)).toBe(key);
  expect(await keyOf(path.join(folder, 'of-another'))).not.toBe(key);
});

test('is one, however many first starts there are at once', async () => {
  const keys = await Promise.all(Array.from({ length: 20 }, () => keyOf(folder)));
  expect(new Set(keys).size).toBe(1);
  expect(await readdir(folder)).toEqual(['cache.key']);
});

test('lies encrypted where the system keeps secrets', async () => {
  const key = await keyOf(folder, vault);
  expect(await keyOf(folder, vault)).toBe(key);
  expect(await readFile(file, 'utf8')).not.toContain(key);
  // A copy of the file on another machine.
  expect(await keyOf(folder)).not.toBe(key);
});

test.each(['', 'plain', 'plain abc', 'nothing', 'vaulted abc'])(
  'is made again where the file says %j',
  async (text) => {
    await keyOf(folder);
    await writeFile(file, text);
    const key = await keyOf(folder);
    expect(Buffer.from(key, 'base64')).toHaveLength(32);
    expect(await keyOf(folder)).toBe(key);
  },
);

test('outlives starts without the store that it is in, which have another and a place of their own', async () => {
  const { key } = await cacheKey(folder, vault);
  const without = await cacheKey(folder);
  expect(without).toEqual({ key: expect.stringMatching(/^.{44}$/), folder: path.join(folder, 'without-keyring') });
  expect(without.key).not.toBe(key);
  expect(await cacheKey(folder)).toEqual(without);
  expect(await cacheKey(folder, vault)).toEqual({ key, folder });
});

test('is made again where the store that is there cannot open it', async () => {
  await cacheKey(folder, vault);
  await writeFile(file, `vault ${Buffer.alloc(90).toString('base64')}`);
  const made = await cacheKey(folder, vault);
  expect(made.folder).toBe(folder);
  expect(await cacheKey(folder, vault)).toEqual(made);
});

test('leaves nothing of a start that was killed while it wrote one', async () => {
  const key = await keyOf(folder);
  const [dead, alive] = [2 ** 22 + 1, process.pid].map((pid) => `${file}.${pid}-0123abcd`);
  for (const each of [dead, alive]) await writeFile(each ?? '', 'plain');
  expect(await keyOf(folder)).toBe(key);
  expect((await readdir(folder)).sort()).toEqual(['cache.key', path.basename(alive ?? '')]);
});

test.skipIf(process.platform === 'win32')(
  'is for its user alone, and made again where others could read it',
  async () => {
    const key = await keyOf(folder);
    expect(((await stat(file)).mode & 0o777).toString(8)).toBe('600');
    await chmod(file, 0o644);
    expect(await keyOf(folder)).not.toBe(key);
  },
);

test('is good for this start where it cannot be kept', async () => {
  await writeFile(folder, 'a file where the folder would be');
  expect(Buffer.from(await keyOf(folder), 'base64')).toHaveLength(32);
});

test.each([
  ['gives nothing back', { ...vault, decryptString: () => '' }],
  [
    'throws',
    {
      ...vault,
      encryptString: () => {
        throw new Error('locked');
      },
    },
  ],
])('is kept without the store for secrets where that %s', async (_name, broken) => {
  const key = await keyOf(folder, broken);
  expect(await keyOf(folder, broken)).toBe(key);
});
