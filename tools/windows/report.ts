/**
 * Writes docs/windows-report.md out of docs/windows-report.json, which has a piece for each run: `tsx tools/windows/report.ts`.
 * A piece that was not run anew stays as it was, with its own date.
 */
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { root } from './fetch';

const docs = path.join(root, 'docs');

export const Piece = z.strictObject({
  title: z.string(),
  /** As `toISOString` says it. */
  date: z.string(),
  seconds: z.number(),
  /** What it ran with: { Wine: '10.0' }. */
  versions: z.record(z.string(), z.string()),
  suites: z.array(
    z.strictObject({
      name: z.string(),
      passed: z.int(),
      skipped: z.int(),
      failed: z.array(z.string()),
      excused: z.array(z.strictObject({ what: z.string(), tests: z.int(), whose: z.string(), reason: z.string() })),
    }),
  ),
  /** What the numbers do not say, a sentence each. */
  notes: z.array(z.string()),
});
export type Piece = z.infer<typeof Piece>;

/** By the name of the run; a number before it gives its place. */
const Pieces = z.record(z.string(), Piece);

/**
 * Keeps what a run found, and writes the report anew.
 * @param name of the run's piece, in whose place it comes. @param folder of the report.
 * @throws Error where the report that is there is none.
 */
export async function keepPiece(name: string, piece: Piece, folder = docs): Promise<void> {
  const file = path.join(folder, 'windows-report.json');
  const pieces = { ...(await readPieces(folder)), [name]: Piece.parse(piece) };
  const sorted = Object.fromEntries(Object.entries(pieces).sort(([a], [b]) => (a < b ? -1 : 1)));
  await writeFile(file, `${JSON.stringify(sorted, null, 2)}\n`);
  await writeReport(folder);
}

async function readPieces(folder: string): Promise<Record<string, Piece>> {
  return Pieces.parse(JSON.parse(await readFile(path.join(folder, 'windows-report.json'), 'utf8')));
}

async function writeReport(folder: string): Promise<void> {
  await writeFile(path.join(folder, 'windows-report.md'), reportOf(Object.values(await readPieces(folder))));
}

/** @returns Markdown. */
export function reportOf(all: readonly Piece[]): string {
  const lines = [
    '# What was run of Refit for Windows, without Windows',
    '',
    "Made by `npm run test:windows` and its neighbours in `tools/windows/`, on Linux: Node for Windows and Refit's own programs under",
    "Wine. It shows neither a real NVIDIA driver, nor a GPU, nor what Microsoft's own compiler makes.",
  ];
  for (const { title, date, seconds, versions, suites, notes } of all) {
    const facts = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
    lines.push('', `## ${title}`, '', `${date.slice(0, 10)}, ${Math.round(seconds)} s. ${facts.join(', ')}.`);
    if (notes.length > 0) lines.push('', ...notes.map((note) => `- ${note}`));
    lines.push('', '| suite | passed | failed | excused | left out |', '|---|---|---|---|---|');
    for (const { name, passed, skipped, failed, excused } of suites) {
      const excusedTests = excused.reduce((sum, { tests }) => sum + tests, 0);
      lines.push(`| ${cell(name)} | ${passed} | ${failed.length} | ${excusedTests} | ${skipped} |`);
    }
    const failures = suites.flatMap(({ failed }) => failed);
    if (failures.length > 0) lines.push('', 'Failed:', '', ...failures.map((failure) => `- ${cell(failure)}`));
    const excuses = suites.flatMap(({ excused }) => excused);
    if (excuses.length > 0) lines.push('', '| excused | tests | whose | reason |', '|---|---|---|---|');
    for (const { what, tests, whose, reason } of excuses)
      lines.push(`| ${cell(what)} | ${tests} | ${cell(whose)} | ${cell(reason)} |`);
  }
  return `${lines.join('\n')}\n`;
}

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll(/\s+/g, ' ');

if (process.argv[1] === import.meta.filename) await writeReport(docs);
