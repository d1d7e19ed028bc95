import { execFileSync, spawnSync } from 'node:child_process';
import disk, { chmod, link, mkdir, readdir, readFile, rename, stat, symlink, writeFile } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import path from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { temporaryFolder } from '../main/example.fixture';
import { createSaves, type Saves, saveFile } from './saveFile';
import { onShare, unlimited } from './share.fixture';

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
const tested = new URL('saveFile.ts', import.meta.url).href;
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

test('writes a file whose path is longer than the 260 characters of old Windows programs', async () => {
  const deep = path.join(folder, 'd'.repeat(120), 'e'.repeat(120));
  await mkdir(deep, { recursive: true });
  for (const replace of [true, false]) {
    const file = path.join(deep, `${'n'.repeat(60)} ${replace}.png`);
    const save = await saves.begin(file, { replace });
    await writeFile(save.temporary, 'new');
    await save.commit();
    expect(await readFile(file, 'utf8')).toBe('new');
  }
  expect(await readdir(deep)).toHaveLength(2);
});

test.runIf(isWindows)('replaces a file that is named by another case, and by the prefix of long paths', async () => {
  await writeFile(path.join(folder, 'Mine.png'), 'old');
  await saveFile(saves, path.join(folder, 'MINE.PNG'), bytes);
  await saveFile(saves, `\\\\?\\${path.join(folder, 'mine.png')}`, bytes);
  expect(await readdir(folder)).toHaveLength(1);
});

test.runIf(isWindows)('writes, replaces, and leaves alone files of a share on the network', async ({ skip }) => {
  const share = onShare(folder);
  if (share === null) return skip('no share of this disk');
  await saveFile(saves, path.join(share, 'mine.png'), Buffer.from('old'));
  await saveFile(saves, path.join(unlimited(share), 'mine.png'), bytes);
  const save = await saves.begin(path.join(share, 'mine.png'), { replace: false });
  await writeFile(save.temporary, 'other');
  await expect(save.commit()).rejects.toMatchObject({ code: 'EEXIST' });
  await save.commit(path.join(share, 'mine (2).png'));
  expect(await readFile(path.join(folder, 'mine.png'), 'utf8')).toBe('new');
  expect([(await readdir(folder)).sort(), await readdir(notes)]).toEqual([['mine (2).png', 'mine.png'], []]);
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

describe('a file that is to replace nothing', () => {
  const begin = (name: string) => saves.begin(path.join(folder, name), { replace: false });
  const write = async (name: string, text: string) => {
    const save = await begin(name);
    await writeFile(save.temporary, text);
    return save;
  };

  test('is whole under its name, with the mode of any program, and nothing beside it', async () => {
    await (await write('mine.png', 'new')).commit();
    expect(await readFile(path.join(folder, 'mine.png'), 'utf8')).toBe('new');
    expect([await readdir(folder), await readdir(notes)]).toEqual([['mine.png'], []]);
    if (!isWindows) expect(await mode(path.join(folder, 'mine.png'))).toBe(0o644);
  });

  test('leaves what took its name meanwhile, and goes under another', async () => {
    const save = await write('mine.png', 'new');
    await writeFile(path.join(folder, 'mine.png'), 'theirs');
    await expect(save.commit()).rejects.toMatchObject({ code: 'EEXIST', path: path.join(folder, 'mine.png') });
    await save.commit(path.join(folder, 'mine (2).png'));
    expect(await readFile(path.join(folder, 'mine.png'), 'utf8')).toBe('theirs');
    expect(await readFile(path.join(folder, 'mine (2).png'), 'utf8')).toBe('new');
    expect([(await readdir(folder)).length, await readdir(notes)]).toEqual([2, []]);
  });

  test.skipIf(isWindows)('replaces no folder and follows no link', async () => {
    await mkdir(path.join(folder, 'folder.png'));
    await symlink('gone.png', path.join(folder, 'link.png'));
    for (const name of ['folder.png', 'link.png']) {
      const save = await write(name, 'new');
      await expect(save.commit()).rejects.toMatchObject({ code: 'EEXIST' });
      await save.abandon();
    }
    expect([(await readdir(folder)).sort(), await readdir(notes)]).toEqual([['folder.png', 'link.png'], []]);
  });

  test('of ten with one name, one is written', async () => {
    const all = await Promise.all(Array.from({ length: 10 }, (_, i) => write('mine.png', String(i))));
    const done = await Promise.allSettled(all.map((save) => save.commit()));
    const won = done.map(({ status }) => status).indexOf('fulfilled');
    expect(done.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await readFile(path.join(folder, 'mine.png'), 'utf8')).toBe(String(won));
  });

  test('is whole and alone after the next start, killed while it had both names', async () => {
    const left = killed(path.join(folder, 'mine.png'), { replace: false });
    await writeFile(left, 'whole');
    await link(left, path.join(folder, 'mine.png'));
    await createSaves(notes, 0).sweep();
    expect(await readFile(path.join(folder, 'mine.png'), 'utf8')).toBe('whole');
    expect([await readdir(folder), await readdir(notes)]).toEqual([['mine.png'], []]);
  });

  describe('on a disk without hard links', () => {
    beforeEach(() => {
      const { link: real } = disk;
      disk.link = () => Promise.reject(Object.assign(new Error('EPERM'), { code: 'EPERM' }));
      syncBuiltinESMExports();
      return () => {
        disk.link = real;
        syncBuiltinESMExports();
      };
    });

    test('is whole under its name all the same', async () => {
      await (await write('mine.png', 'new')).commit();
      expect(await readFile(path.join(folder, 'mine.png'), 'utf8')).toBe('new');
      expect([await readdir(folder), await readdir(notes)]).toEqual([['mine.png'], []]);
    });

    test('leaves what took its name meanwhile, even an empty file, and goes under another', async () => {
      const save = await write('mine.png', 'new');
      await writeFile(path.join(folder, 'mine.png'), '');
      await expect(save.commit()).rejects.toMatchObject({ code: 'EEXIST' });
      expect(await readFile(path.join(folder, 'mine.png'), 'utf8')).toBe('');
      await save.commit(path.join(folder, 'mine (2).png'));
      expect(await readFile(path.join(folder, 'mine (2).png'), 'utf8')).toBe('new');
    });

    test('is gone after the next start, killed while an empty file held its name', async () => {
      killed(path.join(folder, 'mine.png'), { replace: false, isCommitted: true });
      expect(await readFile(path.join(folder, 'mine.png'), 'utf8')).toBe('');
      // Half of a note that was being written again.
      const [note = ''] = await readdir(notes);
      await writeFile(path.join(notes, `${note}.123`), '');
      await createSaves(notes, 0).sweep();
      expect([await readdir(folder), await readdir(notes)]).toEqual([[], []]);
    });
  });
});

/**
 * Begins a save in a process that is killed at once, or commits it too: where there are no hard links, and it is killed as it
 * renames.
 * @returns its temporary file's path.
 */
function killed(file: string, { replace = true, isCommitted = false } = {}): string {
  const kill = `process.kill(process.pid, 'SIGKILL'); await new Promise(() => setInterval(() => {}, 1000));`;
  const commit = `
    disk.link = () => Promise.reject(new Error());
    const { rename } = disk;
    disk.rename = async (from, to) => {
      if (from !== save.temporary) return rename(from, to);
      ${kill}
    };
    syncBuiltinESMExports();
    await save.commit();`;
  const script = `
    import disk from 'node:fs/promises';
    import { syncBuiltinESMExports } from 'node:module';
    import { createSaves } from ${JSON.stringify(tested)};
    const save = await createSaves(${JSON.stringify(notes)}, 0).begin(${JSON.stringify(file)}, { replace: ${replace} });
    console.log(save.temporary);
    ${isCommitted ? commit : kill}`;
  const { stdout, status, signal } = spawnSync(
    process.execPath,
    ['--import', 'tsx', '--input-type=module', '-e', script],
    {
      encoding: 'utf8',
    },
  );
  // Windows has no signals, and says that it ended with 1.
  expect(signal ?? status).toBe(isWindows ? 1 : 'SIGKILL');
  return stdout.trim();
}

test('the next start removes what a killed process left, and nothing else of that name', async () => {
  const left = killed(path.join(folder, 'mine.png'));
  const others = path.join(folder, '.refit-0123456789abcdef');
  await writeFile(others, 'not written down');
  expect((await readdir(folder)).sort()).toEqual([path.basename(others), path.basename(left)].sort());
  await createSaves(notes, 0).sweep();
  expect(await readdir(folder)).toEqual([path.basename(others)]);
  expect(await readdir(notes)).toEqual([]);
});

test('the next start removes what was made while the app was being closed', async () => {
  const file = path.join(folder, 'mine.png');
  const script = `
    import disk from 'node:fs/promises';
    import { writeFileSync } from 'node:fs';
    import { syncBuiltinESMExports } from 'node:module';
    import { createSaves } from ${JSON.stringify(tested)};
    const { open } = disk;
    disk.open = (name, ...rest) => {
      if (!name.includes('.refit-')) return open(name, ...rest);
      // Another thread makes it, and is not waited for.
      process.on('exit', () => writeFileSync(name, ''));
      process.exit();
    };
    syncBuiltinESMExports();
    await createSaves(${JSON.stringify(notes)}, 0).begin(${JSON.stringify(file)});`;
  execFileSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script]);
  expect(await readdir(folder)).toHaveLength(1);
  await createSaves(notes, 0).sweep();
  expect([await readdir(folder), await readdir(notes)]).toEqual([[], []]);
});

test('removes no file that has another name too, and none that a note names falsely', async () => {
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
