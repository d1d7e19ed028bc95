/** Writes docs/gpu-report.{json,md}, for machines and for people, from one run. */
import { mkdir, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { formatCapability } from '../../app/machine';
import type { Measured, Rig } from '../../factory/engines/measure';
import { type RaceResult, raceRows } from '../../factory/engines/race';
import type { FirstLaunch, FirstLaunches } from './firstLaunch';

export interface Seen {
  measured: Pick<Measured, 'row' | 'errors' | 'fullDifferences'>[];
  races: RaceResult[];
  firstLaunches: FirstLaunches[];
  /** What else was tested in this run: the test's name and whether it passed. */
  checks: { name: string; passed: boolean }[];
}

/** @param isCutOff whether tests of the run are still to come: one that is killed leaves what it saw, and says so. */
export async function writeReport(
  rig: Pick<Rig, 'gpu' | 'driver' | 'runtime'>,
  seen: Seen,
  isCutOff: boolean,
  docs = path.resolve(import.meta.dirname, '..', '..', 'docs'),
): Promise<void> {
  const { measured, races, firstLaunches, checks } = seen;
  const cpu = os.cpus()[0]?.model ?? 'unknown';
  const report = {
    date: new Date().toISOString(),
    gpu: rig.gpu.name,
    computeCapability: formatCapability(rig.gpu.computeCapability),
    driver: rig.driver.version,
    runtime: rig.runtime,
    cpu: `${cpu}, ${os.cpus().length} threads`,
    os: `${os.type()} ${os.release()}`,
    node: process.version,
    isCutOff,
    results: measured.map(({ row, errors }) => ({ ...row, errors })),
    races,
    firstLaunches,
    checks,
  };
  await mkdir(docs, { recursive: true });
  await writeFile(path.join(docs, 'gpu-report.json'), `${JSON.stringify(report, null, 2)}\n`);

  const ms = (value: number): string => (value < 10 ? value.toFixed(2) : value.toFixed(0));
  const lines = [
    '# GPU report',
    '',
    'This page shows each engine that a GPU loads: what its build, its refit and its starts take, how fast it runs, and how far its pictures',
    "lie from the processor's.",
    '',
    `${report.gpu} (compute capability ${report.computeCapability}), driver ${report.driver}, ${report.runtime}, ${report.os},`,
    `Node ${report.node}, ${report.cpu}. ${report.date.slice(0, 10)}. Written by \`npm run test:gpu\`; all figures are of that one run.`,
    ...(isCutOff ? ['', '**The run was cut off**: what is not here was not tested.'] : []),
    '',
    '| engine | full build ms | load + refit ms | serialize ms | cold → warm start ms | latency ms | host / bare tiles per s | CPU tile ms | peak VRAM MB |',
    '|---|---|---|---|---|---|---|---|---|',
    ...measured.map(({ row }) =>
      [
        '',
        `${row.model} ${row.profile} ${row.target}`,
        ms(row.fullBuildMs),
        `${ms(row.deserializeMs)} + ${ms(row.refitMs)}`,
        ms(row.serializeMs),
        `${ms(row.coldStartMs)} → ${ms(row.warmStartMs)}`,
        row.latencyMs.toFixed(2),
        `${ms(row.hostTilesPerSecond)} / ${ms(row.bareTilesPerSecond)}`,
        ms(row.cpuTileMs),
        (row.peakVramBytes / 1e6).toFixed(0),
        '',
      ]
        .join(' | ')
        .trim(),
    ),
    '',
    '| engine | cached = refitted | full = refitted | largest difference from the processor, by output (allowed) |',
    '|---|---|---|---|',
    ...measured.map(({ row, errors, fullDifferences }) => {
      const list = errors.map(({ output, worst, allowed }) => `${output} ${Number(worst.toPrecision(3))} (${allowed})`);
      const sameOrNot = (isSame: boolean): string => (isSame ? 'bit for bit' : '**no**');
      const apart = fullDifferences.map(({ output, worst }) => `${output} ${Number(worst.toPrecision(3))} apart`);
      const full = row.fullEqualsRefitted ? sameOrNot(true) : apart.join(', ');
      return `| ${row.model} ${row.profile} ${row.target} | ${sameOrNot(row.cachedEqualsRefitted)} | ${full} | ${list.join(', ')} |`;
    }),
    '',
    hostHeading,
    '',
    ...hostIsNotApp,
    '',
    ...raceLines(races),
    ...launchLines(firstLaunches, ms),
    '## Also seen in this run',
    '',
    ...checks.map(({ name, passed }) => `- ${passed ? 'passed' : '**failed**'}: ${name}`),
    '',
  ];
  await writeFile(path.join(docs, 'gpu-report.md'), lines.join('\n'));
}

const hostHeading = '## The app itself';
const hostIsNotApp = [
  '*Host* above is the engine host as a plain Node process: without Electron, without the window. [app-report.md](app-report.md) has',
  'what the packaged app reaches with its window open.',
];

function raceLines(races: RaceResult[]): string[] {
  if (races.length === 0) return [];
  return [
    '## Races',
    '',
    'Every candidate of each model on this GPU, timed as at a first start, without its time limit. *Expected* is what is taken',
    'where nothing is measured; the gain is the fastest over that.',
    '',
    '| model | candidate | latency | tiles per s | useful per s | | gain |',
    '|---|---|---:|---:|---:|---|---:|',
    ...races.flatMap((race) =>
      raceRows(race).map((cells, i) => {
        const gain = i === 0 && race.gain !== null ? `${race.gain.toFixed(2)} ×` : '';
        return `| ${[race.model, ...cells, gain].join(' | ')} |`;
      }),
    ),
    '',
  ];
}

function launchLines(launches: FirstLaunches[], ms: (value: number) => string): string[] {
  if (launches.length === 0) return [];
  const cells = (launch: FirstLaunch): string[] => [launch.preparedMs, launch.firstPictureMs].map((value) => ms(value));
  return [
    '## First launch, without and with shipped kernels',
    '',
    'From Prepare with nothing kept, in a new process, the CUDA driver’s own cache empty: until the first engine gave the golden',
    'picture right, until the fastest was found and kept, until the first pixels of a picture had arrived. Where there were several',
    'launches, a row is the middle one by its time to the first right picture; the shortest and the longest of them are in brackets.',
    '',
    '| model | launches | kernels | right picture ms | prepared ms | first picture ms | of that verify, refit, check, time, keep ms |',
    '|---|---:|---|---:|---:|---:|---|',
    ...launches.flatMap(({ model, rounds, without, with: shipped, checkedMs, ratios }) => [
      ...(
        [
          [without, checkedMs.without],
          [shipped, checkedMs.with],
        ] as const
      ).map(([launch, range]) => {
        const steps = (['verify', 'refit', 'check', 'time', 'keep'] as const).map((step) =>
          ms(launch.steps[step] ?? 0),
        );
        const kernels = launch.withKernels ? 'shipped' : 'compiled';
        const checked = ms(launch.checkedMs) + (rounds > 1 ? ` (${range.map(ms).join('–')})` : '');
        return `| ${[model, rounds, kernels, checked, ...cells(launch), steps.join(', ')].join(' | ')} |`;
      }),
      `| ${[model, '', '**faster**', ...[ratios.checked, ratios.prepared, ratios.firstPicture].map((ratio) => `**${ratio.toFixed(2)} ×**`), ''].join(' | ')} |`,
    ]),
    '',
  ];
}
