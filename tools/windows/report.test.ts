import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../main/example.fixture';
import { keepPiece, type Piece, reportOf } from './report';

test('tells every suite, what failed, and why the rest is excused', () => {
  const piece: Piece = {
    title: 'Unit tests',
    date: '2026-11-27T17:00:00.000Z',
    seconds: 61.4,
    versions: { Wine: '10.0', Node: '22.23.3' },
    suites: [
      {
        name: 'app',
        passed: 7,
        skipped: 1,
        failed: ['app/a.test.ts: a | b'],
        excused: [{ what: 'app/b.test.ts', tests: 2, whose: 'Wine', reason: 'no junctions' }],
      },
    ],
    notes: ['One at a time.'],
  };
  expect(reportOf([piece]).split('\n').slice(5)).toEqual([
    '## Unit tests',
    '',
    '2026-11-27, 61 s. Wine 10.0, Node 22.23.3.',
    '',
    '- One at a time.',
    '',
    '| suite | passed | failed | excused | left out |',
    '|---|---|---|---|---|',
    '| app | 7 | 1 | 2 | 1 |',
    '',
    'Failed:',
    '',
    '- app/a.test.ts: a \\| b',
    '',
    '| excused | tests | whose | reason |',
    '|---|---|---|---|',
    '| app/b.test.ts | 2 | Wine | no junctions |',
    '',
  ]);
});

test('a run leaves the others as they were, each in its place', async () => {
  const folder = await temporaryFolder();
  await writeFile(path.join(folder, 'windows-report.json'), '{}');
  const piece = (title: string): Piece => ({
    title,
    date: '2026-11-27T17:00:00.000Z',
    seconds: 1,
    versions: { Wine: '10.0' },
    suites: [],
    notes: [],
  });
  await keepPiece('2-addon', piece('The addon'), folder);
  await keepPiece('10-unit', piece('Unit tests'), folder);
  await keepPiece('2-addon', piece('The addon, anew'), folder);
  const report = await readFile(path.join(folder, 'windows-report.md'), 'utf8');
  expect(report.match(/^## .+/gm)).toEqual(['## Unit tests', '## The addon, anew']);
});
