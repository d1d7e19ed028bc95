import { expect, test } from 'vitest';
import { type Expected, judge } from './judge';

const root = 'Z:\\work\\tree';
const reportOf = (file: string, tests: Record<string, string>, message = '') => ({
  testResults: [
    {
      name: `Z:/work/tree/${file}`,
      status: message || Object.values(tests).includes('failed') ? 'failed' : 'passed',
      message,
      assertionResults: Object.entries(tests).map(([fullName, status]) => ({
        fullName,
        status,
        failureMessages: status === 'failed' ? [`Error: ${fullName}\r\n  at x`] : [],
      })),
    },
  ],
});
const links: Expected = { file: 'app/a.test.ts', test: 'follows links', reason: 'no links', whose: 'Wine' };

test('fails for a test that is on no list, with the first line of its reason', () => {
  const { failed, passed, skipped } = judge(
    reportOf('app/a.test.ts', { good: 'passed', bad: 'failed', none: 'skipped' }),
    [],
    root,
  );
  expect({ failed, passed, skipped }).toEqual({
    failed: [{ file: 'app/a.test.ts', test: 'bad', why: 'Error: bad' }],
    passed: 1,
    skipped: 1,
  });
});

test('excuses tests on the list, and no others of the file', () => {
  const report = reportOf('app/a.test.ts', {
    'follows links up': 'failed',
    'follows links down': 'failed',
    other: 'failed',
  });
  const { failed, excused, mended } = judge(report, [links], root);
  expect(failed.map((each) => each.test)).toEqual(['other']);
  expect(excused).toEqual([{ ...links, tests: 2 }]);
  expect(mended).toEqual([]);
});

test('tells of an entry whose tests pass by now', () => {
  expect(judge(reportOf('app/a.test.ts', { 'follows links up': 'passed' }), [links], root).mended).toEqual([links]);
});

test('tells nothing of an entry whose tests did not run', () => {
  expect(judge(reportOf('app/b.test.ts', { x: 'passed' }), [links], root)).toMatchObject({ mended: [], excused: [] });
});

test('fails for a file that does not load, unless the whole file is on the list', () => {
  const report = reportOf('app/a.test.ts', {}, 'Error: no such module\n at y');
  expect(judge(report, [links], root).failed).toEqual([
    { file: 'app/a.test.ts', test: '', why: 'Error: no such module' },
  ]);
  const whole: Expected = { file: 'app/a.test.ts', reason: 'its module is of Linux', whose: 'tree' };
  expect(judge(report, [whole], root)).toMatchObject({ failed: [], excused: [{ ...whole, tests: 1 }] });
});
