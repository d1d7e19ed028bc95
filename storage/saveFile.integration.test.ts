import { execFileSync, spawnSync } from 'node:child_process';
import { chmod, link, mkdir, readdir, readFile, rename, stat, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { temporaryFolder } from '../main/example.fixture';
import { createSaves, type Saves, saveFile } from './saveFile';

let folder: string;
let notes: string;
let saves: Saves;
beforeEach(async () => {
  const root = await temporaryFolder();
  [folder, notes] = [path.join(root, 'pictures'), path.join(root, 'saves')];
  await mkdir(folder);
  saves = createSaves(notes, 0o022);
});
const isWindows = process.platform === 'win32';
const bytes = Buffer.from('new');
const mode = async (file: string): Promise<number> => (await stat(file)).mode & 0o777;

test('writes what another process laid into the temporary file, and leaves nothing beside it', async () => {
  const file = path.join(folder, 'mine.png');
  await writeFile(file, 'old');
  const save = await saves.begin(file);
  execFileSync(process.execPath, ['-e', `fs.appendFileSync(${JSON.stringify(save.temporary)}, 'streamed')`]);
  expect(await readFile(file, 'utf8')).toBe('old');
  await save.commit();
  expect(await readFile(file, 'utf8')).toBe('streamed');
  expect([await readdir(folder), await readdir(notes)]).toEqual([['mine.png'], []]);
});

test('leaves what was there where it is abandoned', async () => {
  const file = path.join(folder, 'mine.png');
  await writeFile(file, 'old');
  await (await saves.begin(file)).abandon();
  expect(await readFile(file, 'utf8')).toBe('old');
  expect([await readdir(folder), await readdir(notes)]).toEqual([['mine.png'], []]);
});

test.skipIf(isWindows)('writes a file whose name is as long as the file system allows', async () => {
  const name = `${'n'.repeat(251)}.png`;
  await saveFile(saves, path.join(folder, name), bytes);
  expect(await readdir(folder)).toEqual([name]);
});

test.skipIf(isWindows)(
  'gives a new file the mode of any program, and one that it replaces the mode that it had',
  async () => {
    const file = path.join(folder, 'mine.png');
    await saveFile(saves, file, bytes);
    expect(await mode(file)).toBe(0o644);
    await chmod(file, 0o640);
    await saveFile(saves, file, bytes);
    expect(await mode(file)).toBe(0o640);
  },
);

test.skipIf(isWindows)('writes what a link leads to, and the link stays', async () => {
  await writeFile(path.join(folder, 'real.png'), 'old');
  await symlink('real.png', path.join(folder, 'mine.png'));
  await saveFile(saves, path.join(folder, 'mine.png'), bytes);
  expect(await readFile(path.join(folder, 'real.png'), 'utf8')).toBe('new');
});

test.skipIf(isWindows)('replaces no pipe and no device', async () => {
  execFileSync('mkfifo', [path.join(folder, 'pipe.png')]);
  await symlink('/dev/null', path.join(folder, 'null.png'));
  for (const name of ['pipe.png', 'null.png'])
    await expect(saveFile(saves, path.join(folder, name), bytes)).rejects.toMatchObject({ code: 'EINVAL' });
  expect((await readdir(folder)).sort()).toEqual(['null.png', 'pipe.png']);
});

test('writes the picture even where it cannot be written down', async () => {
  await writeFile(notes, 'no folder');
  await saveFile(saves, path.join(folder, 'mine.png'), bytes);
  expect(await readdir(folder)).toEqual(['mine.png']);
});

const asleep = 'setInterval(() => {}, 1000)';
/** Begins a save in a process that is killed at once. @returns its temporary file's path. */
function killed(file: string): string {
  const begin = `
    import { createSaves } from ${JSON.stringify(path.join(import.meta.dirname, 'saveFile.ts'))};
    const { temporary } = await createSaves(${JSON.stringify(notes)}, 0).begin(${JSON.stringify(file)});
    console.log(temporary);
    process.kill(process.pid, 'SIGKILL');
    ${asleep}`;
  const { stdout, signal } = spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', begin], {
    encoding: 'utf8',
  });
  expect(signal).toBe('SIGKILL');
  return stdout.trim();
}

test.skipIf(isWindows)('the next start removes what a killed process left, and nothing else of that name', async () => {
  const left = killed(path.join(folder, 'mine.png'));
  const others = path.join(folder, '.refit-0123456789abcdef');
  await writeFile(others, 'not written down');
  expect((await readdir(folder)).sort()).toEqual([path.basename(others), path.basename(left)].sort());
  await createSaves(notes, 0).sweep();
  expect(await readdir(folder)).toEqual([path.basename(others)]);
  expect(await readdir(notes)).toEqual([]);
});

test.skipIf(isWindows)('removes no file that has another name too, and none that a note names falsely', async () => {
  const left = killed(path.join(folder, 'mine.png'));
  await link(left, path.join(folder, 'kept.png'));
  const picture = path.join(folder, 'picture.png');
  await writeFile(picture, 'a picture');
  const [note = ''] = await readdir(notes);
  const pid = note.split('-')[0];
  await writeFile(path.join(notes, `${pid}-0123456789abcdef`), picture);
  await createSaves(notes, 0).sweep();
  expect((await readdir(folder)).sort()).toEqual([path.basename(left), 'kept.png', 'picture.png'].sort());
});

test('leaves what a process that lives is at work on', async () => {
  const own = await saves.begin(path.join(folder, 'mine.png'));
  const left = killed(path.join(folder, 'another.png'));
  const [note = ''] = (await readdir(notes)).filter((name) => !name.startsWith(`${process.pid}-`));
  await rename(path.join(notes, note), path.join(notes, note.replace(/^\d+/, String(process.ppid))));
  await saves.sweep();
  expect((await readdir(folder)).sort()).toEqual([own.temporary, left].map((file) => path.basename(file)).sort());
  await own.abandon();
});
