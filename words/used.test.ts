import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { words } from './window';

const root = path.resolve(import.meta.dirname, '..');
const sources = [...filesIn('renderer'), ...filesIn('words')].map((file) => readFileSync(file, 'utf8')).join('\n');

function filesIn(folder: string): string[] {
  return readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tsx?$/.test(name) && !/\.test\.tsx?$/.test(name))
    .map((name) => path.join(root, folder, name));
}

/** "panel.save" of each of the window's words. */
function pathsOf(table: object, before: string): string[] {
  return Object.entries(table).flatMap(([name, value]) =>
    typeof value === 'object' ? pathsOf(value, `${before}.${name}`) : [`${before}.${name}`],
  );
}

test.each(pathsOf(words, 'words'))('%s is shown somewhere', (name) => {
  // A group whose members are picked by a value is used as a whole: words.phase.plain[row.phase].
  const group = name.slice(0, name.lastIndexOf('.'));
  expect(new RegExp(`\\b${name}\\b`).test(sources) || sources.includes(`${group}[`)).toBe(true);
});
