import { copyFile, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { temporaryFolder } from './example.fixture';
import { Installation } from './installation';

let folder: string;
let installation: Installation;
beforeEach(async () => {
  folder = path.join(await temporaryFolder(), 'app');
  await mkdir(folder);
  const files = ['refit', 'app.asar'].map((name) => path.join(folder, name));
  for (const file of files) await writeFile(file, 'as installed');
  installation = new Installation(files);
});
const said = (): string | undefined => {
  try {
    installation.check();
    return undefined;
  } catch (error) {
    return (error as { code: string }).code;
  }
};

test('finds nothing where nothing has changed', () => {
  expect(said()).toBe(undefined);
});

test('finds a folder that was renamed, and none where it came back', async () => {
  await rename(folder, `${folder} elsewhere`);
  expect(said()).toBe('INSTALL_GONE');
  await rename(`${folder} elsewhere`, folder);
  expect(said()).toBe(undefined);
});

test('finds one file of two that is gone, and another of the same bytes in its place', async () => {
  const file = path.join(folder, 'app.asar');
  await copyFile(file, `${file}.new`);
  await rm(file);
  expect(said()).toBe('INSTALL_GONE');
  await rename(`${file}.new`, file);
  expect(said()).toBe('INSTALL_REPLACED');
});
