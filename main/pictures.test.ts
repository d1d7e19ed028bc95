import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { BrowserWindow } from 'electron';
import { beforeEach, expect, test, vi } from 'vitest';
import { toReport } from '../app/errors';
import { temporaryFolder } from './example.fixture';
import { paths } from './paths';
import { createPictures } from './pictures';
import { createSaves } from './saveFile';

const chosen = vi.hoisted(() => ({ filePath: '' }));
vi.mock('electron', () => ({
  app: { getPath: () => '' },
  dialog: { showSaveDialog: async () => chosen },
  shell: {},
}));

let folder: string;
beforeEach(async () => {
  folder = await temporaryFolder();
});
const pictures = createPictures(
  {} as BrowserWindow,
  (ask) => ask(),
  [],
  paths('/nowhere', true),
  (told) => told,
  createSaves('/nowhere/saves', 0o022),
);
const save = (...bytes: number[]) =>
  pictures.save({ suggestedName: 'a', format: 'png', bytes: Uint8Array.from(bytes) }).catch(toReport);

test('says of a picture that was saved its name and the name of its folder', async () => {
  chosen.filePath = path.join(folder, 'mine.png');
  expect(await save(1, 2)).toEqual({ kind: 'saved', name: 'mine.png', folder: path.basename(folder) });
  expect([...(await readFile(chosen.filePath))]).toEqual([1, 2]);
});

test('says of one that was not its name and why, not where it was to be', async () => {
  await writeFile(path.join(folder, 'file'), '');
  await mkdir(path.join(folder, 'folder.png'));
  for (const file of ['none/mine.png', 'file/mine.png', 'folder.png']) {
    chosen.filePath = path.join(folder, file);
    const said = await save(1);
    expect(said).toMatchObject({
      code: 'SAVE_FAILED',
      detail: expect.stringMatching(/^E[A-Z]+ \w+ (mine|folder)\.png/),
    });
    expect(JSON.stringify(said)).not.toContain(folder);
  }
  // Nor is anything of it left.
  expect((await readdir(folder)).sort()).toEqual(['file', 'folder.png']);
});

test('says of a name that no file can have that it is too long, not that another folder would help', async () => {
  chosen.filePath = path.join(folder, `${'n'.repeat(256)}.png`);
  expect(await save(1)).toMatchObject({ code: 'NAME_TOO_LONG', remedy: expect.not.stringContaining('folder') });
  expect(await readdir(folder)).toEqual([]);
});
