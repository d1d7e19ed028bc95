import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';

const renderer = path.resolve(import.meta.dirname, '..');
const files = readdirSync(renderer, { recursive: true, encoding: 'utf8' }).map((name) => path.join(renderer, name));
const sheets = files.filter((name) => name.endsWith('.module.css'));
const components = files.filter((name) => name.endsWith('.tsx') && !name.endsWith('.test.tsx'));

const classesOf = (sheet: string): string[] => {
  const selectors = readFileSync(sheet, 'utf8')
    .replaceAll(/\/\*[\s\S]*?\*\//g, '')
    .replaceAll(/:global\([^)]*\)/g, '')
    .match(/[^{};]+(?={)/g);
  return [...new Set((selectors ?? []).flatMap((selector) => selector.match(/(?<=\.)[a-z]\w*/gi) ?? []))].sort();
};

/** Classes of a sheet that components name; all of a sheet's where a value picks one: styles[tone]. */
const namedOf = (sheet: string, classes: string[]): string[] => {
  const named = components.flatMap((component) => {
    const text = readFileSync(component, 'utf8');
    for (const [, name, from] of text.matchAll(/import (\w+) from '([^']+\.module\.css)'/g)) {
      if (path.resolve(path.dirname(component), from ?? '') !== sheet) continue;
      const picked = new RegExp(`\\b${name}\\[`).test(text) ? classes : [];
      return [...picked, ...(text.match(new RegExp(`(?<=\\b${name}\\.)\\w+`, 'g')) ?? [])];
    }
    return [];
  });
  return [...new Set(named)].sort();
};

test.each(sheets.map((sheet) => path.relative(renderer, sheet)))(
  '%s has the classes that components name, and no other',
  (name) => {
    const sheet = path.join(renderer, name);
    const classes = classesOf(sheet);
    expect(namedOf(sheet, classes)).toEqual(classes);
  },
);
