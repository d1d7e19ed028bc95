/** A start that does not find the system's keyring, of a user whose key lies there. */
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, launch, test } from './app';
import { ready } from './steps';

test('leaves the key that lies in a keyring, and what it sealed, to the next start that has one', async ({
  userDataDir,
}) => {
  const file = path.join(userDataDir, 'cache.key');
  const sealed = 'vault djExbm90IG9mIHRoaXMga2V5cmluZw==';
  await writeFile(file, sealed, { mode: 0o600 });
  const refit = await launch({ userDataDir });
  await ready(refit);
  const hasKeyring = await refit.app.evaluate(({ safeStorage }) => safeStorage.isEncryptionAvailable());
  await refit.close();
  test.skip(hasKeyring, 'this computer has a keyring');
  expect(await readFile(file, 'utf8')).toBe(sealed);
  expect(await readFile(path.join(userDataDir, 'without-keyring', 'cache.key'), 'utf8')).toMatch(/^plain /);
});
