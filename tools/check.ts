/**
 * Runs every check that needs no GPU, in order, up to the first that fails: `tsx tools/check.ts [step [its own options]]`. A check that
 * leaves a core idle runs beside the one before it.
 * Ends with a line "N passed, N failed, N skipped", over all tests of all runners.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';

const root = path.resolve(import.meta.dirname, '..');
const reports = path.join(root, 'test-results');

interface Count {
  passed: number;
  failed: number;
  /** Tests that left themselves out, for want of a GPU or of the system that they are for. */
  skipped: number;
  /** How many of `passed` did so only at the second try (playwright.config.ts). The runner names them. */
  flaky?: number;
}

interface Check {
  title: string;
  /** A Node script of the tree and its arguments. */
  command: string[];
  /** Added to this process's environment. */
  env?: Record<string, string>;
  /** The only system that it runs on. */
  onlyOn?: NodeJS.Platform;
  /** Begins with the check before it, which it does not touch; what it says comes when it ends. */
  beside?: true;
  /** Runs where it is named, and with the others where this variable is set. */
  onlyWith?: string;
  /** The JSON report that its runner leaves in test-results/, and how to count in it. */
  report?: { file: string; schema: z.ZodType<Count> };
}

const VitestReport = z
  .object({ numPassedTests: z.int(), numFailedTests: z.int(), numPendingTests: z.int(), numTodoTests: z.int() })
  .transform((report) => ({
    passed: report.numPassedTests,
    failed: report.numFailedTests,
    skipped: report.numPendingTests + report.numTodoTests,
  }));

const PlaywrightReport = z
  .object({ stats: z.object({ expected: z.int(), unexpected: z.int(), flaky: z.int(), skipped: z.int() }) })
  .transform(({ stats }) => ({
    passed: stats.expected + stats.flaky,
    failed: stats.unexpected,
    skipped: stats.skipped,
    flaky: stats.flaky,
  }));

/** What a script of this tree counted itself. */
const OwnReport = z.object({ passed: z.int(), failed: z.int(), skipped: z.int() });

const packages = (file: string) => path.join(root, 'node_modules', ...file.split('/'));
const tool = (file: string) => [packages('tsx/dist/cli.mjs'), path.join(root, 'tools', file)];
const sanitizeReport = path.join(reports, 'sanitize.json');

/** The tests of projects of vitest.config.ts. */
function vitest(projects: string[], title: string): Check {
  const file = path.join(reports, `${projects[0]}.json`);
  const chosen = projects.flatMap((project) => ['--project', project]);
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
  return {
    title,
    command: [packages('vitest/vitest.mjs'), 'run', ...chosen, ...reporters],
    report: { file, schema: VitestReport },
  };
}

/** End-to-end tests by project of playwright.config.ts. A file that is asked for may be in another. */
function playwright(projects: string[], title: string, name: string, env = {}): Check {
  const file = path.join(reports, `${name}.json`);
  const chosen = projects.map((project) => `--project=${project}`);
  return {
    title,
    command: [packages('@playwright/test/cli.js'), 'test', ...chosen, '--pass-with-no-tests'],
    env: { PLAYWRIGHT_JSON_OUTPUT_FILE: file, ...env },
    report: { file, schema: PlaywrightReport },
  };
}

const checks: Record<string, Check> = {
  lint: {
    title: 'Lint and format',
    command: [packages('@biomejs/biome/bin/biome'), 'check', '--error-on-warnings', '.'],
  },
  types: { title: 'Types', command: tool('types.ts') },
  format: { title: 'C++ format', command: [...tool('cpp.ts'), 'format'] },
  tidy: { title: 'clang-tidy', command: [...tool('cpp.ts'), 'tidy'], onlyOn: 'linux' },
  unit: vitest(['unit', 'isolated'], 'Unit tests'),
  integration: vitest(['integration'], 'Integration tests: addon, engines, models, processes'),
  sanitize: {
    title: 'The addon under AddressSanitizer and UndefinedBehaviorSanitizer',
    command: [...tool('sanitize.ts'), '--reporter=default', '--reporter=json', `--outputFile.json=${sanitizeReport}`],
    report: { file: sanitizeReport, schema: VitestReport },
    // They need GCC or Clang.
    onlyOn: 'linux',
  },
  windows: {
    title: 'The addon for Windows with NVIDIA’s DLLs, under Wine',
    command: [...tool('../test/windows/addon.ts'), 'smoke'],
    report: { file: path.join(reports, 'windows-smoke.json'), schema: OwnReport },
    onlyOn: 'linux',
    onlyWith: 'REFIT_WINDOWS',
  },
  package: { title: 'Packaged app and installer', command: [...tool('package.ts'), '--installer'], beside: true },
  sizes: { title: 'Sizes against budgets', command: [...tool('../factory/cli/index.ts'), 'sizes'] },
  e2e: playwright(['together', 'waiting'], 'End to end, on the packaged app', 'e2e'),
  'e2e-alone': playwright(['alone'], 'End to end, one at a time', 'e2e-alone', { REFIT_KEEP_SCREENS: '1' }),
};

const [only, ...options] = process.argv.slice(2);
if (only !== undefined && !checks[only]) {
  console.error(`✗ No such check: ${only}. There are: ${Object.keys(checks).join(', ')}.`);
  process.exit(2);
}

const groupOf = (name: string): string | undefined => name.split('-')[0];
const chosen = Object.entries(checks).filter(
  ([name, { onlyOn = process.platform, onlyWith }]) =>
    onlyOn === process.platform && (only === undefined ? !onlyWith || process.env[onlyWith] : groupOf(name) === only),
);
const total: Count = { passed: 0, failed: 0, skipped: 0 };
const begun = performance.now();
let failed: string | undefined;
let flaky = 0;
while (chosen.length > 0) {
  const sideBySide = chosen.splice(0, 1 + (chosen[1]?.[1].beside ? 1 : 0));
  if (failed !== undefined && sideBySide.every(([name]) => groupOf(name) !== failed)) break;
  const ended = await Promise.all(
    sideBySide.map(async ([name, check], i) => ({ name, ...(await run(check, options, i > 0)) })),
  );
  for (const { name, ok, ...counts } of ended) {
    total.passed += counts.passed;
    total.failed += counts.failed;
    total.skipped += counts.skipped;
    flaky += counts.flaky ?? 0;
    if (!ok) failed = groupOf(name);
  }
}
if (flaky > 0)
  console.log(`\n${flaky} passed only at the second try, named above as flaky: each is a fault to look for.`);
console.log(`\nIn all ${secondsSince(begun)} s`);
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exit(total.failed === 0 ? 0 : 1);

function secondsSince(start: number): string {
  return ((performance.now() - start) / 1000).toFixed(1);
}

/** @param quiet keeps what it says until it ends. */
async function run(check: Check, extra: string[], quiet: boolean): Promise<Count & { ok: boolean }> {
  const start = performance.now();
  if (check.report) await rm(check.report.file, { force: true });
  const title = `\n● ${check.title}`;
  if (!quiet) console.log(title);
  const child = spawn(process.execPath, [...check.command, ...extra], {
    cwd: root,
    stdio: ['inherit', quiet ? 'pipe' : 'inherit', quiet ? 'pipe' : 'inherit'],
    env: { ...process.env, ...check.env },
  });
  const said: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (part: Buffer) => said.push(part));
  const [status] = await once(child, 'close').catch((error: Error) => {
    console.error(`✗ It did not start (${error.message}).`);
    return [null];
  });
  if (quiet) console.log(`${title}\n${Buffer.concat(said)}`);
  const counts = check.report ? await count(check.report) : { passed: 0, failed: 0, skipped: 0 };
  const ok = status === 0 && counts.failed === 0;
  console.log(`${ok ? '✓' : '✗'} ${check.title}, ${secondsSince(start)} s`);
  // A failure without a failed test (of a lint, a crash of the runner) counts as one.
  return { ...counts, ok, failed: ok ? 0 : Math.max(counts.failed, 1) };
}

async function count({ file, schema }: NonNullable<Check['report']>): Promise<Count> {
  try {
    return schema.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch (error) {
    console.error(`✗ No test report: ${error instanceof Error ? error.message : error}`);
    return { passed: 0, failed: 1, skipped: 0 };
  }
}
