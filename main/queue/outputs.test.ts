import { mkdir, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { outputName } from '../../app/outputName';
import { onShare, unlimited } from '../../storage/share.fixture';
import { fc } from '../../test/properties';
import { temporaryFolder } from '../example.fixture';
import { createOutputs, type Outputs, type Wanted } from './outputs';

const isWindows = process.platform === 'win32';
let root: string;
let outputs: Outputs;
const at = (...parts: string[]): string => path.join(root, ...parts);
beforeEach(async () => {
  root = await temporaryFolder();
  outputs = createOutputs(0o022);
  await mkdir(at('in'));
  await mkdir(at('out'));
});

const named = (name: string) => (nth: number) => outputName('{name}', { name, tools: [], format: 'png' }, nth);
const wanted = (name = 'cat.png', changes: Partial<Wanted> = {}): Wanted => ({
  file: at('in', name),
  folder: '',
  output: at('out'),
  keepFolders: true,
  name: named(name),
  ...changes,
});
const shown = async (item: number, each: Wanted): Promise<string> => (await outputs.reserve(item, each)).shown;

test('a file goes into the output folder, in the folders that its picture came with', async () => {
  const folder = 'Holiday/2024';
  const place = await outputs.reserve(1, wanted('cat.png', { folder }));
  expect(place).toEqual({ file: at('out', 'Holiday', '2024', 'cat.png'), shown: 'Holiday/2024/cat.png' });
  expect((await stat(at('out', 'Holiday', '2024'))).isDirectory()).toBe(true);
  const flat = await outputs.reserve(2, wanted('cat.png', { folder, keepFolders: false }));
  expect(flat).toEqual({ file: at('out', 'cat.png'), shown: 'cat.png' });
});

test('a file goes beside its picture, and replaces neither it nor another', async () => {
  await writeFile(at('in', 'cat.png'), '');
  const place = await outputs.reserve(1, wanted('cat.png', { output: null, folder: 'in' }));
  expect(place).toEqual({ file: at('in', 'cat (2).png'), shown: 'cat (2).png' });
});

test('two items never get one name, whatever its case and its accents are made of', async () => {
  await writeFile(at('out', 'CAT.png'), '');
  expect(await shown(1, wanted('cat.png'))).toBe('cat (2).png');
  expect(await shown(2, wanted('Cat.png'))).toBe('Cat (3).png');
  expect(await shown(3, wanted('caf\u00e9.png'))).toBe('caf\u00e9.png');
  expect(await shown(4, wanted('cafe\u0301.png'))).toBe('cafe\u0301 (2).png');
});

test('items that ask at once get names of their own', async () => {
  const all = await Promise.all(Array.from({ length: 200 }, (_, item) => shown(item, wanted())));
  expect(new Set(all).size).toBe(200);
});

test('a name that somebody took meanwhile is left, and the next one taken', async () => {
  expect(await shown(1, wanted())).toBe('cat.png');
  await writeFile(at('out', 'cat.png'), 'theirs');
  await writeFile(at('out', 'cat (2).png'), 'theirs');
  // As after EEXIST at the commit.
  expect(await shown(1, wanted())).toBe('cat (3).png');
});

test('a name that is given back is free again', async () => {
  await shown(1, wanted());
  await shown(2, wanted());
  outputs.release(1);
  expect(await shown(3, wanted())).toBe('cat.png');
  expect(await shown(4, wanted())).toBe('cat (3).png');
  outputs.release(77);
});

test.runIf(isWindows)(
  'a file goes into a folder of the network, in the folders that its picture came with',
  async ({ skip }) => {
    const share = onShare(at('out'));
    if (share === null) return skip('no share of this disk');
    for (const [item, output] of [share, unlimited(share)].entries()) {
      const name = `cat ${item}.png`;
      const place = await outputs.reserve(item, wanted(name, { output, folder: 'Holiday/2024' }));
      expect(place).toEqual({ file: path.join(output, 'Holiday', '2024', name), shown: `Holiday/2024/${name}` });
      await writeFile(place.file, '');
    }
    expect(await readdir(at('out', 'Holiday', '2024'))).toEqual(['cat 0.png', 'cat 1.png']);
  },
);

test('ten thousand items of one name are numbered with two looks each', async () => {
  let looks = 0;
  const name = (nth: number): string => {
    looks += 1;
    return `same${nth > 1 ? ` (${nth})` : ''}.png`;
  };
  for (let item = 1; item <= 10_000; item++) await outputs.reserve(item, wanted('a.png', { name }));
  expect(looks).toBe(20_000);
});

test('whatever is asked and given back, no two items have one place', async () => {
  const step = fc.record({
    item: fc.integer({ min: 1, max: 8 }),
    name: fc.constantFrom('a.png', 'A.png', 'a (2).png', 'b.png'),
    isReleased: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      const fresh = createOutputs(0o022);
      const places = new Map<number, string>();
      for (const { item, name, isReleased } of steps) {
        places.delete(item);
        if (isReleased) fresh.release(item);
        else places.set(item, (await fresh.reserve(item, wanted(name))).shown.toLowerCase());
        expect(new Set(places.values()).size).toBe(places.size);
      }
    }),
    { numRuns: 50 },
  );
});

test.skipIf(isWindows)('folders are made as any program would', async () => {
  const before = process.umask(0o077);
  try {
    await outputs.reserve(1, wanted('cat.png', { folder: 'Holiday' }));
  } finally {
    process.umask(before);
  }
  expect((await stat(at('out', 'Holiday'))).mode & 0o777).toBe(0o755);
});

test('no folder is made through a link that leads out of the output folder', async () => {
  await mkdir(at('elsewhere'));
  await mkdir(at('out', 'real'));
  await symlink(at('elsewhere'), at('out', 'Holiday'), 'junction');
  await symlink(at('out', 'real'), at('out', 'inside'), 'junction');
  for (const folder of ['Holiday', 'Holiday/2024'])
    await expect(outputs.reserve(1, wanted('cat.png', { folder }))).rejects.toMatchObject({ code: 'EINVAL' });
  expect(await readdir(at('elsewhere'))).toEqual([]);
  expect(await shown(1, wanted('cat.png', { folder: 'inside/2024' }))).toBe('inside/2024/cat.png');
  expect(await shown(2, wanted('cat.png', { folder: '../../x' }))).toBe('x/cat.png');
});

test.skipIf(isWindows)('a folder whose name a file has is refused', async () => {
  await writeFile(at('out', 'Holiday'), '');
  const file = wanted('cat.png', { folder: 'Holiday' });
  await expect(outputs.reserve(1, file)).rejects.toMatchObject({ code: 'EINVAL', path: at('out', 'Holiday') });
});

test('an output folder that is gone is not made again, and used when it is back', async () => {
  await rm(at('out'), { recursive: true });
  await expect(outputs.reserve(1, wanted('cat.png', { folder: 'Holiday' }))).rejects.toMatchObject({ code: 'ENOENT' });
  await expect(outputs.reserve(1, wanted())).rejects.toMatchObject({ code: 'ENOENT' });
  await mkdir(at('out'));
  expect(await shown(1, wanted())).toBe('cat.png');
});
