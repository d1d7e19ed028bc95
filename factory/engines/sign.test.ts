import { readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it, vi } from 'vitest';
import { exampleEntry, exampleShipment, temporaryFolder } from '../../main/example.fixture';
import { readShipped } from '../../main/setup/shipped';
import { isSigned, signatureFile } from '../../storage/signature';
import { catalogText, writeCatalog } from './catalogFile';
import { makeSigningKey, signBytes, signingKeyFile } from './sign';

/** A key of the test's own, at hand as a person's is. @returns its public half. */
async function ownKey(): Promise<string> {
  const file = path.join(await temporaryFolder(), 'deep', 'key.pem');
  vi.stubEnv('REFIT_SIGNING_KEY', file);
  return makeSigningKey(file);
}
const bytes = Buffer.from('a catalog');

it('signs so that the public half verifies', async () => {
  const key = await ownKey();
  const signing = await signBytes(bytes, key);
  expect(signing.kind === 'signed' && isSigned(bytes, signing.signature, key)).toBe(true);
});

it('signs the same bytes with the same signature', async () => {
  const key = await ownKey();
  expect(await signBytes(bytes, key)).toEqual(await signBytes(bytes, key));
});

it('does not sign with a key that the app does not trust', async () => {
  const trusted = await ownKey();
  await ownKey();
  expect(await signBytes(bytes, trusted)).toMatchObject({
    kind: 'unsigned',
    reason: expect.stringContaining('trusts'),
  });
});

it('does not sign with a file that is no key', async () => {
  const key = await ownKey();
  await writeFile(signingKeyFile(), 'not a key');
  expect((await signBytes(bytes, key)).kind).toBe('unsigned');
});

it('never overwrites a key', async () => {
  await ownKey();
  const before = await readFile(signingKeyFile());
  await expect(makeSigningKey(signingKeyFile())).rejects.toMatchObject({ code: 'EEXIST' });
  expect(await readFile(signingKeyFile())).toEqual(before);
});

it.skipIf(process.platform === 'win32')('makes a key that its owner alone can read', async () => {
  await ownKey();
  expect((await stat(signingKeyFile())).mode & 0o777).toBe(0o600);
});

it('looks for the key outside the repository', () => {
  vi.stubEnv('REFIT_SIGNING_KEY', '');
  const from = path.relative(path.resolve(import.meta.dirname, '..', '..'), signingKeyFile());
  // On Windows it may lie on another disk.
  expect(path.isAbsolute(from) || from.startsWith('..')).toBe(true);
});

it('writes a catalog that the app takes', async () => {
  const { paths } = await exampleShipment(['photo']);
  const key = await ownKey();
  await writeCatalog(paths.catalogFile, { version: 1, engines: [exampleEntry('photo')] }, paths.modelsDir, key);
  expect(await readShipped(paths, key)).toMatchObject({ notices: [], catalog: { engines: [{ model: 'photo' }] } });
});

it('takes an old signature away from a catalog that it cannot sign', async () => {
  const { paths, key } = await exampleShipment(['photo']);
  vi.stubEnv('REFIT_SIGNING_KEY', path.join(paths.modelsDir, 'none'));
  await writeCatalog(paths.catalogFile, { version: 1, engines: [] }, paths.modelsDir, key);
  expect((await readShipped(paths, key)).catalogFault?.code).toBe('CATALOG_UNSIGNED');
});

it('leaves the signature of a catalog that stays what it was', async () => {
  const { paths } = await exampleShipment(['photo']);
  const key = await ownKey();
  const catalog = { version: 1 as const, engines: [exampleEntry('photo')] };
  await writeCatalog(paths.catalogFile, catalog, paths.modelsDir, key);
  const signature = await readFile(signatureFile(paths.catalogFile), 'utf8');
  vi.stubEnv('REFIT_SIGNING_KEY', path.join(paths.modelsDir, 'none'));
  await writeCatalog(paths.catalogFile, catalog, paths.modelsDir, key);
  expect(await readFile(signatureFile(paths.catalogFile), 'utf8')).toBe(signature);
});

it('writes the same bytes whatever order entries and their fields come in', () => {
  const [a, b] = [exampleEntry('photo'), exampleEntry('faces')];
  const reversed = Object.fromEntries(Object.entries(a).reverse()) as typeof a;
  expect(catalogText({ version: 1, engines: [reversed, b] })).toBe(catalogText({ version: 1, engines: [b, a] }));
});
