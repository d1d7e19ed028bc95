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

test('is the same at each start, and another for each user', async () => {
  const key = await cacheKey(file);
  expect(Buffer.from(key, 'base64')).toHaveLength(32);
  expect(await cacheKey(file)).toBe(key);
  expect(await cacheKey(path.join(path.dirname(file), 'of-another'))).not.toBe(key);
});

test('is one, however many first starts there are at once', async () => {
  const keys = await Promise.all(Array.from({ length: 20 }, () => cacheKey(file)));
  expect(new Set(keys).size).toBe(1);
  expect(await readdir(path.dirname(file))).toEqual(['cache.key']);
});

test('lies encrypted where the system keeps secrets', async () => {
  const key = await cacheKey(file, vault);
  expect(await cacheKey(file, vault)).toBe(key);
  expect(await readFile(file, 'utf8')).not.toContain(key);
  // A copy of the file on another machine.
  expect(await cacheKey(file)).not.toBe(key);
});

test.each(['', 'plain', 'plain abc', 'vault abc', 'nothing'])('is made again where the file says %j', async (text) => {
  await cacheKey(file);
  await writeFile(file, text);
  const key = await cacheKey(file);
  expect(Buffer.from(key, 'base64')).toHaveLength(32);
  expect(await cacheKey(file)).toBe(key);
});

test.skipIf(process.platform === 'win32')(
  'is for its user alone, and made again where others could read it',
  async () => {
    const key = await cacheKey(file);
    expect(((await stat(file)).mode & 0o777).toString(8)).toBe('600');
    await chmod(file, 0o644);
    expect(await cacheKey(file)).not.toBe(key);
  },
);

test('is good for this start where it cannot be kept', async () => {
  await writeFile(path.dirname(file), 'a file where the folder would be');
  expect(Buffer.from(await cacheKey(file), 'base64')).toHaveLength(32);
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
  const key = await cacheKey(file, broken);
  expect(await cacheKey(file, broken)).toBe(key);
});
