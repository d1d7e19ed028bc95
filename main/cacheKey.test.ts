import { chmod, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { cacheKey, type Vault } from './cacheKey';
import { temporaryFolder } from './example.fixture';

let file: string;
beforeEach(async () => {
  file = path.join(await temporaryFolder(), 'data', 'cache.key');
});

const turned = (bytes: Uint8Array): Buffer => Buffer.from(bytes.map((byte) => byte ^ 0x55));
const vault: Vault = {
  encryptString: (text) => turned(Buffer.from(text)),
  decryptString: (bytes) => turned(bytes).toString(),
};

const keyOf = async (...where: Parameters<typeof cacheKey>) => (await cacheKey(...where)).key;

test('is the same at each start, and another for each user', async () => {
  const key = await keyOf(file);
  expect(Buffer.from(key, 'base64')).toHaveLength(32);
  expect(await keyOf(file)).toBe(key);
  expect(await keyOf(path.join(path.dirname(file), 'of-another'))).not.toBe(key);
});

test('is one, however many first starts there are at once', async () => {
  const keys = await Promise.all(Array.from({ length: 20 }, () => keyOf(file)));
  expect(new Set(keys).size).toBe(1);
  expect(await readdir(path.dirname(file))).toEqual(['cache.key']);
});

test('lies encrypted where the system keeps secrets', async () => {
  const key = await keyOf(file, vault);
  expect(await keyOf(file, vault)).toBe(key);
  expect(await readFile(file, 'utf8')).not.toContain(key);
  // A copy of the file on another machine.
  expect(await keyOf(file)).not.toBe(key);
});

test.each(['', 'plain', 'plain abc', 'nothing', 'vaulted abc'])(
  'is made again where the file says %j',
  async (text) => {
    await keyOf(file);
    await writeFile(file, text);
    const key = await keyOf(file);
    expect(Buffer.from(key, 'base64')).toHaveLength(32);
    expect(await keyOf(file)).toBe(key);
  },
);

test('outlives a start without the store that it is in, which gets another for itself', async () => {
  const { key } = await cacheKey(file, vault);
  const without = await cacheKey(file);
  expect(without.isForThisStart).toBe(true);
  expect(without.key).not.toBe(key);
  expect(Buffer.from(without.key, 'base64')).toHaveLength(32);
  expect(await cacheKey(file, vault)).toEqual({ key, isForThisStart: false });
});

test('is made again where the store that is there cannot open it', async () => {
  await cacheKey(file, vault);
  await writeFile(file, `vault ${Buffer.alloc(90).toString('base64')}`);
  const made = await cacheKey(file, vault);
  expect(made.isForThisStart).toBe(false);
  expect(await cacheKey(file, vault)).toEqual(made);
});

test('leaves nothing of a start that was killed while it wrote one', async () => {
  const key = await keyOf(file);
  const [dead, alive] = [2 ** 22 + 1, process.pid].map((pid) => `${file}.${pid}-0123abcd`);
  for (const each of [dead, alive]) await writeFile(each ?? '', 'plain');
  expect(await keyOf(file)).toBe(key);
  expect((await readdir(path.dirname(file))).sort()).toEqual(['cache.key', path.basename(alive ?? '')]);
});

test.skipIf(process.platform === 'win32')(
  'is for its user alone, and made again where others could read it',
  async () => {
    const key = await keyOf(file);
    expect(((await stat(file)).mode & 0o777).toString(8)).toBe('600');
    await chmod(file, 0o644);
    expect(await keyOf(file)).not.toBe(key);
  },
);

test('is good for this start where it cannot be kept', async () => {
  await writeFile(path.dirname(file), 'a file where the folder would be');
  expect(Buffer.from(await keyOf(file), 'base64')).toHaveLength(32);
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
  const key = await keyOf(file, broken);
  expect(await keyOf(file, broken)).toBe(key);
});
