/** A model that was added without a licence is packaged like any other, but refused by a release. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { type AddRequest, addModel } from '../factory/models/add';
import { unlicensed } from '../factory/models/licences';
import { modelFolders } from '../factory/models/prepare';
import { ensurePython, python, repository } from '../factory/models/python';
import { rule, writeLicences } from './licences';
import { assertLicensed } from './package';

const quiet = () => {};
let scratch: string;
beforeAll(async () => {
  scratch = await mkdtemp(path.join(os.tmpdir(), 'refit-licences-'));
  await mkdir(path.join(scratch, 'examples'));
  await ensurePython(['requirements.txt'], quiet);
  await python([path.join(repository, 'factory', 'models', 'example_onnx.py'), path.join(scratch, 'examples')]);
  return () => rm(scratch, { recursive: true, force: true });
}, 300_000);

/** Adds a model by `refit add`. @returns its folder. */
async function added(id: string, options: Partial<AddRequest> = {}): Promise<string> {
  const onnx = path.join(scratch, 'examples', 'good.onnx');
  const profiles = [{ height: 64, width: 64 }];
  const defaults = { values: 'unit' as const, whole: false, overlap: 8, holder: 'unknown' };
  await addModel({ ...defaults, ...options, onnx, id, profiles, modelsDir: scratch }, quiet);
  return path.join(scratch, id);
}

/** The entry of `licences.txt` whose title begins with `title`. */
async function entryOf(folder: string, title: string): Promise<string | undefined> {
  const file = path.join(scratch, 'licences.txt');
  await writeLicences(file, { version: '25.0.0' }, quiet, [folder]);
  return (await readFile(file, 'utf8')).split(`${rule}\n`).find((entry) => entry.startsWith(title));
}

describe('a model whose licence nobody named', () => {
  it('is packaged, and licences.txt says that it may not be given away', async () => {
    const folder = await added('plain');
    expect(await entryOf(folder, 'model plain')).toContain('it may not be given to anyone until it is');
  });

  it('is refused by a release, which says what to do', async () => {
    const folder = await added('refused');
    await expect(assertLicensed([folder])).rejects.toThrow(
      /A release needs the licence of every model.*LicenseRef-unknown.*lay its text into models\/refused\/licence\.txt/,
    );
  });
});

it("is content with a licence of SPDX's", async () => {
  expect(await unlicensed(await added('named', { spdx: 'MIT' }))).toEqual([]);
});

it('packages a licence in words of its own, and a release takes it', async () => {
  const licenceFile = path.join(scratch, 'own.txt');
  await writeFile(licenceFile, 'Do with it what you like on Tuesdays.\n');
  const folder = await added('own', { licenceFile });
  expect(await entryOf(folder, 'model own (LicenseRef-own)')).toContain('Do with it what you like on Tuesdays.');
  await expect(assertLicensed([folder])).resolves.toBeUndefined();
});

it('asks for the licence of a sample, too', async () => {
  const sample = path.join(scratch, 'sample.png');
  await writeFile(sample, await readFile(path.join(repository, 'docs', 'screenshot.png')));
  const folder = await added('pictured', { spdx: 'MIT', sample });
  expect(await entryOf(folder, 'sample picture of pictured')).toContain('it may not be given to anyone until it is');
  expect(await unlicensed(folder)).toEqual([expect.stringContaining("The licence of pictured's sample, sample.png")]);
});

it('has the licences of every model that ships', async () => {
  await expect(assertLicensed(await modelFolders())).resolves.toBeUndefined();
});
