import { mkdir, realpath, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { fc } from '../../test/properties';
import { temporaryFolder } from '../example.fixture';
import { resolveWithin } from './resolveWithin';

let folder: string;
let dist: string;
beforeEach(async () => {
  folder = await realpath(await temporaryFolder());
  dist = path.join(folder, 'dist');
  await mkdir(path.join(dist, 'assets'), { recursive: true });
  await mkdir(path.join(folder, 'dist-secret'));
  await writeFile(path.join(folder, 'secret.txt'), 'secret');
  await writeFile(path.join(folder, 'dist-secret', 'secret.txt'), 'secret');
  await writeFile(path.join(dist, 'index.html'), 'page');
  await writeFile(path.join(dist, 'assets', 'a.js'), 'script');
});

test('finds files in its folder, through links within it too', async () => {
  await symlink(path.join(dist, 'assets'), path.join(dist, 'link'), 'junction');
  expect(await resolveWithin(dist, '/index.html')).toBe(path.join(dist, 'index.html'));
  expect(await resolveWithin(dist, '/link/a.js')).toBe(path.join(dist, 'assets', 'a.js'));
  expect(await resolveWithin(dist, '/assets/../index.html')).toBe(path.join(dist, 'index.html'));
});

test.each([
  '/../secret.txt',
  '/../dist-secret/secret.txt',
  '/assets/../../secret.txt',
  '/',
  '/..',
  '/../dist',
  '/..\\secret.txt',
])('refuses %s', async (wanted) => expect(await resolveWithin(dist, wanted)).toBeUndefined());

test('refuses what a link in it leads out to', async () => {
  await symlink(folder, path.join(dist, 'out'), 'junction');
  await symlink(path.join(folder, 'secret.txt'), path.join(dist, 'innocent.html')).catch(() => {});
  expect(await resolveWithin(dist, '/out/secret.txt')).toBeUndefined();
  expect(await resolveWithin(dist, '/out/dist-secret')).toBeUndefined();
  expect(await resolveWithin(dist, '/innocent.html').catch(() => undefined)).toBeUndefined();
});

test('gives no path outside its folder for any path that a stranger makes up', async () => {
  const part = fc.constantFrom(
    '..',
    '.',
    '',
    'assets',
    'index.html',
    'dist',
    'dist-secret',
    'secret.txt',
    '\0',
    'C:',
    '~',
    'x',
  );
  await fc.assert(
    fc.asyncProperty(fc.array(part, { maxLength: 8 }), fc.constantFrom('/', '\\', '//'), async (parts, separator) => {
      const found = await resolveWithin(dist, separator + parts.join(separator)).catch(() => undefined);
      expect(found === undefined || found.startsWith(dist + path.sep)).toBe(true);
    }),
    { numRuns: 500 },
  );
});
