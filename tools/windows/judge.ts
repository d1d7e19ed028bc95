/** What a test report says against the list of what is expected to fail. Pure. */
import { z } from 'zod';

/** What is read here of vitest's JSON report. */
export const VitestReport = z.object({
  testResults: z.array(
    z.object({
      /** The file's path, as the system that ran it writes paths. */
      name: z.string(),
      status: z.string(),
      message: z.string().default(''),
      assertionResults: z.array(
        z.object({
          fullName: z.string(),
          status: z.string(),
          failureMessages: z.array(z.string()).nullish(),
        }),
      ),
    }),
  ),
});
export type VitestReport = z.infer<typeof VitestReport>;

export interface Expected {
  /** Of the repository, with slashes. */
  file: string;
  /** The test's whole name or how it starts; omitted: every test of the file, and the file itself. */
  test?: string;
  reason: string;
  /** Wine does not do it as Windows does, or this tree lacks what it needs: no fault of Refit's. `ours`: to be mended. */
  whose: 'Wine' | 'tree' | 'ours';
}

export interface Verdict {
  passed: number;
  skipped: number;
  /** Failures that the list does not have. Any makes the run fail. */
  failed: { file: string; test: string; why: string }[];
  excused: (Expected & { tests: number })[];
  /** Entries of the list whose tests all passed: to be taken away. Does not make the run fail. */
  mended: Expected[];
}

/** Judges each top folder of the repository by itself; they come by name. @param root as of `judge`. */
export function judgeSuites(report: VitestReport, expected: readonly Expected[], root: string): Map<string, Verdict> {
  const folders = new Map<string, VitestReport['testResults']>();
  for (const each of report.testResults) {
    const folder = relative(root, each.name).split('/')[0] ?? '';
    folders.set(folder, [...(folders.get(folder) ?? []), each]);
  }
  const sorted = [...folders].sort(([a], [b]) => a.localeCompare(b));
  return new Map(sorted.map(([folder, testResults]) => [folder, judge({ testResults }, expected, root)]));
}

/** @param root the tree's path, as the report's system writes it. */
export function judge(report: VitestReport, expected: readonly Expected[], root: string): Verdict {
  const verdict: Verdict = { passed: 0, skipped: 0, failed: [], excused: [], mended: [] };
  const excused = new Map<Expected, number>();
  const ran = new Set<Expected>();
  for (const { name, status, message, assertionResults } of report.testResults) {
    const file = relative(root, name);
    const listed = expected.filter((each) => each.file === file);
    const of = (test: string): Expected | undefined => listed.find((each) => !each.test || test.startsWith(each.test));
    const fail = (test: string, why: string): void => {
      const its = of(test);
      if (its) excused.set(its, (excused.get(its) ?? 0) + 1);
      else verdict.failed.push({ file, test, why: firstLine(why) });
    };
    // One that could not even be loaded has no tests to tell of.
    if (status === 'failed' && !assertionResults.some((test) => test.status === 'failed')) fail('', message);
    for (const each of assertionResults) {
      const its = of(each.fullName);
      if (its && each.status === 'passed') ran.add(its);
      if (each.status === 'passed') verdict.passed += 1;
      else if (each.status === 'failed') fail(each.fullName, each.failureMessages?.[0] ?? '');
      else verdict.skipped += 1;
    }
  }
  verdict.excused = [...excused].map(([its, tests]) => ({ ...its, tests }));
  verdict.mended = [...ran].filter((its) => !excused.has(its));
  return verdict;
}

const slashes = (file: string): string => file.replaceAll('\\', '/');
const relative = (root: string, file: string): string => slashes(file).slice(slashes(root).length).replace(/^\//, '');
const firstLine = (text: string): string => text.split(/\r?\n/)[0] ?? '';
