import { expect, test } from 'vitest';
import { type Piece, reportOf } from './report';

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
