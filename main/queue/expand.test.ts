import { execFileSync } from 'node:child_process';
import disk, { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import path from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { onShare, unlimited } from '../../storage/share.fixture';
import { temporaryFolder } from '../example.fixture';
import { type Batch, type Expanding, expand } from './expand';

const isWindows = process.platform === 'win32';
let root: string;
beforeEach(async () => {
  root = await temporaryFolder();
});

const at = (...parts: string[]): string => path.join(root, ...parts);
async function lay(...files: string[]): Promise<void> {
  for (const file of files) {
    await mkdir(path.dirname(at(file)), { recursive: true });
    await writeFile(at(file), '');
  }
}
async function batchesOf(given: string[], options?: Expanding): Promise<Batch[]> {
  const batches: Batch[] = [];
  for await (const batch of expand(given, options)) batches.push(batch);
  return batches;
}
/** What was found, as "folder: name", and how much of each kind was left. */
async function listed(given: string[], options?: Expanding) {
  const batches = await batchesOf(given, options);
  const sum = (kind: keyof Batch['left']): number => batches.reduce((all, { left }) => all + left[kind], 0);
  return {
    found: batches.flatMap(({ found }) => found).map(({ folder, name }) => `${folder}: ${name}`),
    left: [sum('files'), sum('links'), sum('unreadable')],
  };
}

describe('of a folder', () => {
  test('finds the pictures at every depth, in the order in which people count', async () => {
    await lay(
      'Holiday/10.jpg',
      'Holiday/9.JPEG',
      'Holiday/2024/b.webp',
      'Holiday/2024/deep/a.jfif',
      'Holiday/100/c.jpe',
    );
    await lay('Holiday/notes.txt', 'Holiday/png', 'Holiday/2024/clip.mp4');
    expect(await listed([at('Holiday')])).toEqual({
      found: [
        'Holiday: 9.JPEG',
        'Holiday: 10.jpg',
        'Holiday/100: c.jpe',
        'Holiday/2024: b.webp',
        'Holiday/2024/deep: a.jfif',
      ],
      left: [3, 0, 0],
    });
  });

  test('says of each where it lies', async () => {
    await lay('Holiday/2024/a.png');
    const [batch] = await batchesOf([`${at('Holiday')}${path.sep}`]);
    expect(batch?.found).toEqual([{ file: at('Holiday', '2024', 'a.png'), name: 'a.png', folder: 'Holiday/2024' }]);
  });

  test('leaves what is hidden, what systems lay there, and what Refit itself is writing', async () => {
    await lay('f/.hidden/a.png', 'f/.b.png', 'f/._c.png', 'f/Thumbs.db', 'f/@eaDir/c.png/SYNO.jpg', 'f/__MACOSX/d.png');
    await lay('f/.refit-0123456789abcdef', 'f/c.png');
    expect(await listed([at('f')])).toEqual({ found: ['f: c.png'], left: [0, 0, 0] });
  });

  test('follows no link, neither to a file nor to a folder, and no loop', async () => {
    await lay('f/a.png', 'elsewhere/b.png');
    await symlink(at('elsewhere'), at('f', 'linked'), 'junction');
    await symlink(at('f'), at('f', 'loop'), 'junction');
    if (!isWindows) await symlink(at('elsewhere', 'b.png'), at('f', 'b.png'));
    expect(await listed([at('f')])).toEqual({ found: ['f: a.png'], left: [0, isWindows ? 2 : 3, 0] });
  });

  test('takes what Windows lists as a link and is none: files and folders of OneDrive', async () => {
    await lay('f/a.png', 'f/2024/b.png');
    const { readdir } = disk;
    const asLink = { isSymbolicLink: () => true, isFile: () => false, isDirectory: () => false };
    const listedAsLinks = async (folder: string, options: { withFileTypes: true }) =>
      (await readdir(folder, options)).map((entry) => Object.assign(entry, asLink));
    Object.assign(disk, { readdir: listedAsLinks });
    syncBuiltinESMExports();
    try {
      expect(await listed([at('f')])).toEqual({ found: ['f: a.png', 'f/2024: b.png'], left: [0, 0, 0] });
    } finally {
      Object.assign(disk, { readdir });
      syncBuiltinESMExports();
    }
  });

  test('leaves the folder of the results, however it is reached', async () => {
    await lay('f/a.png', 'f/out/b.png', 'f/out/deep/c.png');
    await symlink(at('f', 'out'), at('results'), 'junction');
    for (const leave of [at('f', 'out'), at('results')])
      expect((await listed([at('f')], { leave })).found).toEqual(['f: a.png']);
    expect((await listed([at('f', 'out')], { leave: at('results') })).found).toEqual(['out: b.png', 'out/deep: c.png']);
  });

  test.skipIf(isWindows)('opens no pipe that is called a picture', async () => {
    await lay('f/a.png');
    execFileSync('mkfifo', [at('f', 'pipe.png')]);
    expect(await listed([at('f')])).toEqual({ found: ['f: a.png'], left: [1, 0, 0] });
    expect(await listed([at('f', 'pipe.png')])).toEqual({ found: [], left: [1, 0, 0] });
  });

  test.skipIf(isWindows)('counts a folder that may not be read, and lists the others', async () => {
    await lay('f/a.png', 'f/closed/b.png', 'f/open/c.png');
    await chmod(root, 0o755);
    await chmod(at('f', 'closed'), 0);
    const isRoot = process.getuid?.() === 0;
    if (isRoot) process.seteuid?.(65_534);
    try {
      expect(await listed([at('f')])).toEqual({ found: ['f: a.png', 'f/open: c.png'], left: [0, 0, 1] });
    } finally {
      if (isRoot) process.seteuid?.(0);
      await chmod(at('f', 'closed'), 0o700);
    }
  });

  test.skipIf(isWindows)('takes names as odd as the file system has them', async () => {
    const names = ['a\nb.png', `${'n'.repeat(251)}.png`, 'back\\slash.jpg', ' .png', 'real \ufffd.png', '写真.webp'];
    await lay(...names.map((name) => `f/${name}`));
    expect((await listed([at('f')])).found.sort()).toEqual(names.map((name) => `f: ${name}`).sort());
  });

  test.runIf(process.platform === 'linux')('counts names that are no text as unreadable', async () => {
    await lay('f/a.png');
    const noText = Buffer.concat([Buffer.from(`${at('f')}/`), Buffer.from([0xff, 0xfe]), Buffer.from('.png')]);
    await writeFile(noText, '');
    await mkdir(Buffer.concat([noText, Buffer.from('.d')]));
    expect(await listed([at('f')])).toEqual({ found: ['f: a.png'], left: [0, 0, 2] });
  });
});

describe('of what a person gave', () => {
  test('takes files by themselves, without a folder, in their order', async () => {
    await lay('b.png', 'a.jpg', 'no ending', 'notes.txt');
    expect(await listed([at('b.png'), at('a.jpg'), at('no ending'), at('notes.txt'), at('gone.png')])).toEqual({
      found: [': b.png', ': a.jpg', ': no ending'],
      left: [1, 0, 1],
    });
  });

  test.skipIf(isWindows)('takes a link to a picture, under its own name', async () => {
    await lay('real/a.png');
    await symlink(at('real', 'a.png'), at('link.png'));
    await symlink(at('gone'), at('dangling.png'));
    const [batch] = await batchesOf([at('link.png'), at('dangling.png')]);
    expect(batch?.found).toEqual([{ file: at('link.png'), name: 'link.png', folder: '' }]);
    expect(batch?.left.unreadable).toBe(1);
  });

  test.runIf(isWindows)('takes a folder of the network, by either of its names', async ({ skip }) => {
    await lay('Holiday/2024/a.png', 'Holiday/b.jpg');
    const share = onShare(at('Holiday'));
    if (share === null) return skip('no share of this disk');
    for (const given of [share, `${share}\\`, unlimited(share), share.replaceAll('\\', '/')])
      expect((await listed([given])).found).toEqual(['Holiday: b.jpg', 'Holiday/2024: a.png']);
    const [batch] = await batchesOf([share]);
    expect(batch?.found[0]?.file).toBe(path.join(share, 'b.jpg'));
  });

  test('takes no picture twice, whatever was given twice', async () => {
    await lay('f/a.png', 'f/deep/b.png');
    const given = [at('f', 'a.png'), at('f'), at('f', 'deep'), at('f'), at('f', 'a.png')];
    expect((await listed(given)).found).toEqual([': a.png', 'f/deep: b.png']);
  });

  test('counts the pictures that are more than the limit', async () => {
    await lay('f/1.png', 'f/2.png', 'f/3.png', 'f/deep/4.png');
    const [batch, ...more] = await batchesOf([at('f'), at('f', '1.png')], { limit: 2 });
    expect([batch?.found.map(({ name }) => name), batch?.left.beyond, more]).toEqual([['1.png', '2.png'], 2, []]);
  });
});

describe('of many pictures', () => {
  test('gives a few at once and the rest in large batches', async () => {
    await lay('many/1.png');
    await Promise.all(Array.from({ length: 1100 }, (_, i) => writeFile(at('many', `${i + 1}.png`), '')));
    const batches = await batchesOf([at('many')]);
    // Where the listing took long the last one comes by the clock, and nothing is left for the end.
    expect(batches.map(({ found }) => found.length).filter((count) => count > 0)).toEqual([50, 1000, 50]);
    const names = batches.flatMap(({ found }) => found.map(({ name }) => name));
    expect(names).toEqual(Array.from({ length: 1100 }, (_, i) => `${i + 1}.png`));
  });

  test('gives no more once it is told to end', async () => {
    await lay(...Array.from({ length: 120 }, (_, i) => `many/${i % 3}/${i}.png`));
    const stop = new AbortController();
    const batches: Batch[] = [];
    for await (const batch of expand([at('many')], { signal: stop.signal })) {
      batches.push(batch);
      stop.abort();
    }
    // How large the first one is depends on how long its folder took.
    expect(batches).toHaveLength(1);
    expect(batches[0]?.found.length).toBeLessThanOrEqual(50);
  });
});
