/** Every relative link of the repository's markdown pages leads to a file, and its anchor to a heading there. What lists all lists all. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';

const root = path.resolve(import.meta.dirname, '..');

/** A page without its code, in which nothing is a link or a heading. */
const prose = (page: string): string =>
  readFileSync(page, 'utf8')
    .replace(/^```[\s\S]*?^```/gm, '')
    .replace(/`[^`\n]*`/g, (code) => code.replace(/[[\]()]/g, ''));

/** Anchors of a page's headings as GitHub makes them: the second of one name ends in -1. */
function anchors(page: string): Set<string> {
  const seen = new Map<string, number>();
  const found = new Set<string>();
  for (const [, title = ''] of prose(page).matchAll(/^#{1,6} +(.+?) *$/gm)) {
    const name = title
      .toLowerCase()
      .replace(/\]\([^)]*\)/g, '')
      .replace(/[^\p{L}\p{N}\p{M}_ -]/gu, '')
      .replaceAll(' ', '-');
    const before = seen.get(name) ?? 0;
    seen.set(name, before + 1);
    found.add(before ? `${name}-${before}` : name);
  }
  return found;
}

/** A page's relative links that lead nowhere, each with the reason. */
function deadLinks(page: string): string[] {
  return [...prose(page).matchAll(/\]\(([^)\s]+)[^)]*\)/g)].flatMap(([, link = '']) => {
    if (/^[a-z][a-z+.-]*:/i.test(link)) return [];
    const [file = '', anchor] = decodeURI(link).split('#');
    const target = file ? path.resolve(path.dirname(page), file) : page;
    if (!existsSync(target)) return [`${link}: no such file`];
    return anchor && target.endsWith('.md') && !anchors(target).has(anchor) ? [`${link}: no such heading`] : [];
  });
}

/** Listed without git, which a machine that only runs tests may lack. */
const pages = ['.', 'docs', '.github'].flatMap((folder) =>
  existsSync(path.join(root, folder))
    ? readdirSync(path.join(root, folder))
        .filter((file) => file.endsWith('.md'))
        .map((file) => path.posix.join(folder, file))
    : [],
);

test.each(pages)('every relative link of %s leads somewhere', (page) => {
  expect(deadLinks(path.join(root, page))).toEqual([]);
});

test('docs/README.md lists every page of docs', () => {
  const index = readFileSync(path.join(root, 'docs', 'README.md'), 'utf8');
  const others = pages.filter((page) => page.startsWith('docs/') && page !== 'docs/README.md');
  expect(others.filter((page) => !index.includes(`](${path.basename(page)})`))).toEqual([]);
});

test('docs/commands.md lists every script of package.json', () => {
  const { scripts }: { scripts: Record<string, string> } = JSON.parse(
    readFileSync(path.join(root, 'package.json'), 'utf8'),
  );
  const listed = new Set(
    readFileSync(path.join(root, 'docs', 'commands.md'), 'utf8').match(/(?<=`(npm (run )?)?)[a-z][a-z0-9:-]*(?=[` ])/g),
  );
  expect(Object.keys(scripts).filter((name) => !listed.has(name))).toEqual([]);
});

test.each(pages)('every source file that %s names is there', (page) => {
  const named = readFileSync(path.join(root, page), 'utf8').matchAll(/`((?:\w+\/)+[\w.]+\.(?:tsx?|mjs|cc|h|py))`/g);
  const files = [...named].map(([, file = '']) => file);
  expect(files.filter((file) => !existsSync(path.join(root, file)))).toEqual([]);
});
