import path from 'node:path';
import { expect, test } from 'vitest';
import { helpWith } from '../main/cli/help';
import { manual } from './manual';

const help = helpWith(path.resolve(import.meta.dirname, '..', 'models'));

/** What a person reads of a page. */
const read = (page: string): string =>
  page
    .split('\n')
    .filter((line) => !/^\.(?:TH|nf)/.test(line))
    .map((line) =>
      line
        .replace(/^\.SH /, '')
        .replace(/^\\&/, '')
        .replaceAll('\\-', '-')
        .replaceAll('\\e', '\\'),
    )
    .join('\n');

test('says what the help says, word for word', () => {
  const page = manual(help, { version: '1.2.3', synopsis: 'Makes pictures better' });
  expect(read(page)).toBe(`Name\nrefit - Makes pictures better\n${help}`);
  expect(page).toContain('.SH Options\n');
});

test('holds no line that roff would take for a command of its own', () => {
  expect(manual(".so /etc/passwd\n'x\na\\b\n", { version: '1', synopsis: 'x' })).toContain(
    "\\&.so /etc/passwd\n\\&'x\na\\eb\n",
  );
});
