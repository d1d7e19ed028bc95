/** docs/gpu-report.{json,md}: what a GPU showed, for machines and for people. Both come from one run. */
import { mkdir, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { formatCapability } from '../app/machine';
import type { Measured, Rig } from './measure';

const docs = path.resolve(import.meta.dirname, '..', 'docs');

/** @param checks what else was tested in this run: the test's name and whether it passed. */
export async function writeReport(
  rig: Rig,
  measured: Measured[],
  checks: { name: string; passed: boolean }[],
): Promise<void> {
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
    results: measured.map(({ row, errors }) => ({ ...row, errors })),
    checks,
  };
  await mkdir(docs, { recursive: true });
  await writeFile(path.join(docs, 'gpu-report.json'), `${JSON.stringify(report, null, 2)}\n`);

  const ms = (value: number): string => (value < 10 ? value.toFixed(2) : value.toFixed(0));
  const lines = [
    '# GPU report',
    '',
    `${report.gpu} (compute capability ${report.computeCapability}), driver ${report.driver}, ${report.runtime}, ${report.os},`,
    `Node ${report.node}, ${report.cpu}. ${report.date.slice(0, 10)}. Written by \`npm run test:gpu\`; all figures are of that one run.`,
    '',
    '| engine | full build ms | load + refit ms | serialize ms | cold → warm start ms | latency ms | app / bare tiles per s | CPU tile ms | peak VRAM MB |',
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
        `${ms(row.appTilesPerSecond)} / ${ms(row.bareTilesPerSecond)}`,
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
    ...measured.map(({ row, errors }) => {
      const list = errors.map(({ output, worst, allowed }) => `${output} ${Number(worst.toPrecision(3))} (${allowed})`);
      const yes = (is: boolean): string => (is ? 'bit for bit' : '**no**');
      return `| ${row.model} ${row.profile} ${row.target} | ${yes(row.cachedEqualsRefitted)} | ${yes(row.fullEqualsRefitted)} | ${list.join(', ')} |`;
    }),
    '',
    '## Also seen in this run',
    '',
    ...checks.map(({ name, passed }) => `- ${passed ? 'passed' : '**failed**'}: ${name}`),
    '',
  ];
  await writeFile(path.join(docs, 'gpu-report.md'), lines.join('\n'));
}
