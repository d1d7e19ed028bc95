import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { exampleGpu } from '../../app/example.fixture';
import type { Measured } from '../../factory/engines/measure';
import { writeReport } from './report';

const docs = path.resolve(import.meta.dirname, '..', '..', 'docs');
const Rows = z.object({ results: z.array(z.looseObject({ hostTilesPerSecond: z.number() })).min(1) });
const rowsOf = async (folder: string) =>
  Rows.parse(JSON.parse(await readFile(path.join(folder, 'gpu-report.json'), 'utf8'))).results;

const measured: Pick<Measured, 'row' | 'errors' | 'fullDifferences'> = {
  row: {
    model: 'mine',
    profile: 'tile256',
    target: 'portable',
    fullBuildMs: 500,
    deserializeMs: 10,
    refitMs: 45,
    serializeMs: 23,
    coldStartMs: 569,
    warmStartMs: 43,
    latencyMs: 0.4,
    hostTilesPerSecond: 1234,
    bareTilesPerSecond: 2000,
    cpuTileMs: 289,
    peakVramBytes: 677e6,
    planBytes: 1,
    cachedEqualsRefitted: true,
    fullEqualsRefitted: true,
    maxAbsErrorVsCpu: 1,
  },
  errors: [{ output: 'out', worst: 1, allowed: 4 }],
  fullDifferences: [],
};

let folder: string;
let text: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'refit-report-'));
  const gpu = { ...exampleGpu, name: 'A card', uuid: '', vramBytes: 8e9 };
  const rig = { gpu, driver: { version: '580', cudaVersion: 13_000 }, runtime: 'tensorrt-rtx 1.6.1' };
  await writeReport(rig, { measured: [measured], races: [], firstLaunches: [], checks: [] }, false, folder);
  text = await readFile(path.join(folder, 'gpu-report.md'), 'utf8');
  return () => rm(folder, { recursive: true });
});

it('calls the host what it is, which is not the app', () => {
  expect(text).toContain('| host / bare tiles per s |');
  expect(text).toContain('| 1234 / 2000 |');
  expect(text).not.toContain('app / bare');
});

it("says where the app's own figures are", () => {
  expect(text).toContain('[app-report.md](app-report.md)');
});

it('is committed in the form that it is written in now', async () => {
  const [written = {}] = await rowsOf(folder);
  for (const row of await rowsOf(docs)) expect(Object.keys(row)).toEqual(Object.keys(written));
  const committed = await readFile(path.join(docs, 'gpu-report.md'), 'utf8');
  expect(committed).toContain('| host / bare tiles per s |');
  expect(committed).toContain('[app-report.md](app-report.md)');
});
