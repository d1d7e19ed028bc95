import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it, vi } from 'vitest';
import { temporaryFolder } from './example.fixture';
import { areMany, createInbox, leaveList, pathsIn, pathsOf, pathsTold, takeList, toldBy } from './given';

const here = path.resolve('/home/person');
const at = (name: string): string => path.join(here, name);

describe('words after the name of the app', () => {
  it('are paths from the folder that they were typed in', () => {
    expect(pathsIn(['a.png', at('b c.jpg'), '../d'], here)).toEqual([
      at('a.png'),
      at('b c.jpg'),
      path.resolve('/home/d'),
    ]);
    expect(pathsIn([pathToFileURL(at('e é.png')).href], '/')).toEqual([at('e é.png')]);
  });

  it('are no paths where they look like switches, but after --', () => {
    expect(pathsIn(['--inspect=1', '-x.png', 'a.png', '--', '-y.png', '--no-sandbox'], here)).toEqual(
      ['a.png', '-y.png', '--no-sandbox'].map(at),
    );
    expect(pathsIn(['', 'a\0b'], here)).toEqual([]);
  });

  it('are too many for Chromium’s socket long before it says so', () => {
    expect(areMany(['a.png'])).toBe(false);
    expect(areMany(Array.from({ length: 300 }, (_, i) => `/home/person/Pictures/Holiday/photo ${i}.jpg`))).toBe(true);
  });

  it('are heard once somebody listens', () => {
    const inbox = createInbox();
    const heard = vi.fn();
    inbox.give(['/a']);
    inbox.give([]);
    inbox.listen(heard);
    inbox.give(['/b']);
    expect(heard.mock.calls).toEqual([[['/a']], [['/b']]]);
  });
});

describe('a list of another start', () => {
  it('is read once, and readable by its user alone', async () => {
    const folder = await temporaryFolder();
    const told = toldBy([leaveList(folder, [at('a.png')])], here);
    const [name] = await readdir(folder);
    if (process.platform !== 'win32') expect((await stat(path.join(folder, name ?? ''))).mode & 0o777).toBe(0o600);
    expect(await pathsTold(folder, told)).toEqual([at('a.png')]);
    expect(await pathsTold(folder, told)).toEqual([]);
    expect(await readdir(folder)).toEqual([]);
  });

  it('leads to no other file', async () => {
    const folder = await temporaryFolder();
    expect(await takeList(folder, '../../etc/passwd')).toEqual([]);
  });

  it('holds absolute paths, or they are left out', () => {
    expect(pathsOf([at('a.png'), 'b.png', 3, null, `/${'x'.repeat(40_000)}`])).toEqual([at('a.png')]);
    for (const told of [null, 'text', { length: 1 }, undefined]) expect(pathsOf(told)).toEqual([]);
  });
});
