import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { dialogs } from './dialogs';
import { words } from './window';

const root = path.resolve(import.meta.dirname, '..');
const sources = ['renderer', 'main', 'words']
  .flatMap(filesIn)
  .map((file) => readFileSync(file, 'utf8'))
  .join('\n');

function filesIn(folder: string): string[] {
  return readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tsx?$/.test(name) && !/\.test\.tsx?$/.test(name))
    .map((name) => path.join(root, folder, name));
}

/** "words.panel.save" of each word. */
function pathsOf(table: object, before: string): string[] {
  return Object.entries(table).flatMap(([name, value]) =>
    typeof value === 'object' ? pathsOf(value, `${before}.${name}`) : [`${before}.${name}`],
  );
}

test.each([...pathsOf(words, 'words'), ...pathsOf(dialogs, 'dialogs')])('%s is shown somewhere', (name) => {
  // A group whose members are picked by a value is used as a whole, here or in the component that gets it:
  // words.phase.plain[row.phase], labels={words.hide.styles}.
  const group = name.slice(0, name.lastIndexOf('.'));
  const isWhole = sources.includes(`${group}[`) || sources.includes(`={${group}}`);
  expect(new RegExp(`\\b${name}\\b`).test(sources) || isWhole).toBe(true);
});

/** The text of a file without its comments, roughly: no literal here has "//" before a space. */
const codeOf = (file: string): string =>
  readFileSync(file, 'utf8')
    .replaceAll(/\/\*[\s\S]*?\*\//g, '')
    .replaceAll(/\/\/ .*$/gm, '');

/** A literal that begins as a sentence does: a capital, a word, a space, a lower-case word. */
const sentence = /(['"`])[A-Z][a-z]+ [a-z][^'"`\n]*\1/g;

// What Refit throws at developers says "Expected X but received Y", or stands in an Error of no code: both are seen in details only.
const isForDevelopers = (line: string, literal: string): boolean =>
  /^.Expected /.test(literal) || line.slice(0, line.indexOf(literal)).includes('Error(');

test.each(['app', 'main', 'host', 'models'])(
  'no sentence is written in %s: it says codes, and words/ has the words',
  (folder) => {
    const found = filesIn(folder)
      .filter((file) => !file.endsWith('.fixture.ts'))
      .flatMap((file) =>
        codeOf(file)
          .split('\n')
          .flatMap((line) => (line.match(sentence) ?? []).filter((literal) => !isForDevelopers(line, literal)))
          .map((literal) => `${path.relative(root, file)}: ${literal}`),
      );
    expect(found).toEqual([]);
  },
);
