import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { createHidePaths, faultOf, nameOf } from './hidePaths';

test('names places instead of folders, the inner one first, wherever they are told', () => {
  const hidePaths = createHidePaths({ '~': '/home/ada', '<Refit>': '/home/ada/apps/refit' });
  const told = {
    reason: { detail: "ENOENT, open '/home/ada/apps/refit/x' or '/home/ada/y'" },
    rows: ['/home/ada', 7, null],
  };
  expect(hidePaths(told)).toEqual({ reason: { detail: "ENOENT, open '<Refit>/x' or '~/y'" }, rows: ['~', 7, null] });
});

test('knows the ways in which Windows paths are written', () => {
  const hidePaths = createHidePaths({ '~': 'C:\\Users\\Ada' });
  expect(hidePaths('C:\\Users\\Ada\\a "C:\\\\Users\\\\Ada\\\\b" file:///C:/Users/Ada/c')).toBe(
    '~\\a "~\\\\b" file:///~/c',
  );
});

test.each([
  ['another case, as a person types it', 'c:\\users\\ada lovelace\\cat.png', '~\\cat.png'],
  ['short names, as TEMP has them', 'C:\\Users\\ADALOV~1\\AppData\\Local\\Temp\\x', '~\\AppData\\Local\\Temp\\x'],
  ['the prefix of long paths', '\\\\?\\C:\\Users\\Ada Lovelace\\x', '\\\\?\\~\\x'],
  ['a URL', 'file:///C:/Users/Ada%20Lovelace/x', 'file:///~/x'],
])("hides a Windows user's name in %s", (_way, told, shown) => {
  expect(createHidePaths({ '~': 'C:\\Users\\Ada Lovelace' })(told)).toBe(shown);
});

test('hides a share of the network, and tells another user from this one', () => {
  const hidePaths = createHidePaths({ '~': '\\\\server\\people\\Ada Lovelace' });
  expect(hidePaths('"\\\\\\\\SERVER\\\\people\\\\Ada Lovelace\\\\x"')).toBe('"~\\\\x"');
  expect(hidePaths('\\\\?\\UNC\\server\\people\\Ada Lovelace\\x')).toBe('\\\\?\\UNC~\\x');
  expect(hidePaths('file://server/people/Ada%20Lovelace/x')).toBe('file:/~/x');
  expect(hidePaths('\\\\server\\people\\BOBBUI~1\\x')).toBe('\\\\server\\people\\BOBBUI~1\\x');
});

test('keeps the cases of letters apart where the system does', () => {
  expect(createHidePaths({ '~': '/home/ada' })('/home/Ada/x')).toBe('/home/Ada/x');
});

test('hides nothing behind the root of a disk', () => {
  expect(createHidePaths({ '~': '/', d: 'C:\\' })('/etc/x C:\\y')).toBe('/etc/x C:\\y');
});

test('calls a folder by its own name alone, and the home folder by no name of a person', () => {
  const hidePaths = createHidePaths({ '~': path.resolve('/home/ada') });
  const named = ['/home/ada/Pictures/2026', '/home/ada', '/mnt/card', '/'].map((folder) =>
    nameOf(path.resolve(folder), hidePaths),
  );
  expect(named).toEqual(['2026', '~', 'card', path.resolve('/')]);
});

test('tells of a file that failed the code and the name, and of any other failure its words', async () => {
  const file = path.resolve('/nowhere/at all/mine.png');
  expect(await readFile(file).catch(faultOf)).toBe('ENOENT open mine.png');
  expect(faultOf(new Error('too large'))).toBe('Error: too large');
  for (const thrown of [null, undefined, 'thrown', { path: 7 }]) expect(faultOf(thrown)).toBe(String(thrown));
});
