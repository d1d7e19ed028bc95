import { readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { maxRecent } from '../../app/contract';
import { temporaryFolder } from '../example.fixture';
import { openRecent } from './recent';

async function bench() {
  const file = path.join(await temporaryFolder(), 'recent.json');
  const log = vi.fn();
  const system = { add: vi.fn(), clear: vi.fn() };
  const open = () => openRecent(file, { nameOf: (folder) => path.basename(folder), log, system });
  return { file, log, system, open };
}
const at = (name: string): string => path.resolve('/pictures', name);
const names = (list: { name: string }[]) => list.map(({ name }) => name);

describe('what was opened last', () => {
  it('is found again at the next start, by name to the window, in a file of this user alone', async () => {
    const { file, open, system } = await bench();
    const recent = await open();
    await recent.add(at('a.png'), 'picture');
    await recent.add(at('Holiday'), 'folder');
    await recent.add(at('a.png'), 'picture');
    if (process.platform !== 'win32') expect((await stat(file)).mode & 0o777).toBe(0o600);
    const list = (await open()).list();
    expect(list).toEqual([
      { id: expect.any(Number), kind: 'picture', name: 'a.png', folder: 'pictures' },
      { id: expect.any(Number), kind: 'folder', name: 'Holiday', folder: 'pictures' },
    ]);
    expect(system.add).toHaveBeenCalledTimes(3);
  });

  it('is no longer than a person reads', async () => {
    const recent = await (await bench()).open();
    for (let i = 0; i < 20; i++) await recent.add(at(`${i}.png`), 'picture');
    expect(names(recent.list())).toHaveLength(maxRecent);
    expect(names(recent.list())[0]).toBe('19.png');
  });

  it('is forgotten where it is gone, and all of it where a person says so', async () => {
    const { file, open, system } = await bench();
    const recent = await open();
    await recent.add(at('a.png'), 'picture');
    await recent.add(at('b.png'), 'picture');
    await recent.forget(at('b.png'));
    expect(names(recent.list())).toEqual(['a.png']);
    await recent.clear();
    expect(recent.list()).toEqual([]);
    expect(system.clear).toHaveBeenCalledOnce();
    expect(await readFile(file, 'utf8')).toBe('[]\n');
  });

  it.each(['no JSON', '[{"file":"relative.png","kind":"picture"}]', '{}', `[${'1,'.repeat(600_000)}1]`])(
    'is nothing where its file is damaged: %#',
    async (text) => {
      const { file, open } = await bench();
      await writeFile(file, text);
      expect((await open()).list()).toEqual([]);
    },
  );
});
