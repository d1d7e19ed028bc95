import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { asksForHelp, helpWith, say } from './help';

test.each([
  ['help', true],
  ['help run', true],
  ['--help', true],
  ['-h', true],
  ['run --help', true],
  ['run fast-x4 a.png -h', true],
  ['doctor --help', true],
  ['run fast-x4 -- --help', false],
  ['run fast-x4 help', false],
  ['a.png --help', false],
  ['run', false],
  ['', false],
])('of the words "%s" help is asked for: %s', (words, isAsked) => {
  expect(asksForHelp(words.split(' ').filter(Boolean))).toBe(isAsked);
});

test('names the tools whose cards can be read, in their order', async () => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'refit-help-'));
  const cards: Record<string, string> = {
    late: JSON.stringify({ id: 'late', summary: 'The second\u001B.', order: 2 }),
    early: JSON.stringify({ id: 'early', summary: 'The first.', order: 1 }),
    part: JSON.stringify({ id: 'part', summary: 'A part.', order: 3, partOf: 'late' }),
    torn: '{ "id": "torn"',
    other: JSON.stringify({ id: 'else', summary: 'Another.', order: 4 }),
  };
  for (const [name, text] of Object.entries(cards)) {
    await mkdir(path.join(folder, name));
    await writeFile(path.join(folder, name, 'model.json'), text);
  }
  expect(helpWith(folder)).toContain('Tools\n  early        The first.\n  late         The second?.\n\nOptions');
  expect(helpWith(path.join(folder, 'gone'))).toMatch(/^Usage[\s\S]*help\n\nOptions/);
});

test('ends without an error where nobody can read what is said', () => {
  const closed = 1 << 20;
  expect(() => say('Usage', closed)).not.toThrow();
});
