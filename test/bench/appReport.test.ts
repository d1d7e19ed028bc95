import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { type AppReport, type AppRow, appLines, appReportPage, readAppReport, writeAppReport } from './appReport';

const row: AppRow = {
  model: 'photo-x4',
  profile: 'tile256',
  compositing: 'gpu',
  width: 2048,
  height: 1536,
  tiles: 88,
  jobMs: 880,
  appTilesPerSecond: 100,
  bareTilesPerSecond: 107,
  ratio: 0.93,
  firstTileMs: 60,
  doneToSavedMs: 1234,
  format: 'png',
  taken: '2026-11-27T03:58:00.000Z',
  windowPeakBytes: 210e6,
  allPeakBytes: 1900e6,
};
const report: AppReport = {
  date: '2026-11-27T04:00:00.000Z',
  gpu: 'Another card',
  driver: '580.1',
  electron: '45.4.1',
  results: [row, { ...row, compositing: 'software', appTilesPerSecond: 90, bareTilesPerSecond: 100 }],
  missing: [],
  before: {
    date: '2026-10',
    gpu: 'A card',
    how: 'By hand.',
    jobs: [
      { model: 'photo-x4', profile: 'tile256', width: 2048, height: 1536, bare: 107, gpu: 34.5, software: 5.1 },
      { model: 'photo-x4', profile: 'tile256', width: 4096, height: 3072, bare: 107, gpu: 37.7, software: null },
    ],
  },
};

it('puts each job that was measured before beside the same one now, and names both machines', () => {
  const lines = appLines(report);
  expect(lines).toContain('| photo-x4 tile256 | 2048 × 1536 | GPU | 107 | 34.5 (0.32) | 107 | 100 (0.93) |');
  expect(lines).toContain('| photo-x4 tile256 | 2048 × 1536 | software | 107 | 5.1 (0.05) | 100 | 90 (0.90) |');
  const text = lines.join('\n');
  expect(text).toContain('Before: A card, 2026-10.');
  expect(text).toContain('After: Another card, driver 580.1, Electron 45.4.1, 2026-11-27.');
});

it('lists jobs that were measured in only one of the two runs too', () => {
  const lines = appLines(report);
  expect(lines).toContain('| photo-x4 tile256 | 4096 × 3072 | GPU | 107 | 37.7 (0.35) | – | – |');
  expect(lines).toContain('| photo-x4 tile256 | 4096 × 3072 | software | 107 | – | – | – |');
});

it('gives every job a row, and says what is missing', () => {
  const page = appReportPage({ ...report, missing: ['photo-x4: no room'] });
  expect(page).toContain(
    '| photo-x4 tile256 | 2048 × 1536 | GPU | 88 | 880 ms | 100 | 107 | 0.93 | 60 ms | 1.23 s PNG | 210, 1900 MB | 2026-11-27 03:58 |',
  );
  expect(page).toContain('- photo-x4: no room');
});

it('tells the figures of a first start', () => {
  const firstRun = {
    ...{ taken: '2026-11-27T10:00:00.000Z', launches: 5, chosen: 'photo-x4', firstPictureMs: 3210, allReadyMs: 12_500 },
    ...{
      allReadyMsBesideJob: 15_000,
      secondReadyMs: 900,
      windowMs: 500,
      bareElectronMs: 450,
      planLoadMs: 800,
      secondReadyRatio: 1.125,
    },
  };
  const page = appReportPage({ ...report, firstRun });
  expect(page).toContain('| Prepare | first pixels of the GPU’s picture | 3.21 s |');
  expect(page).toContain('| start of a bare Electron | window painted | 450 ms |');
  expect(page).toContain('× 1.13 | 800 ms |');
});

it('sets a queue beside each of its bottlenecks alone, also where a row of before lacks one', () => {
  const queued = {
    ...{ tool: 'cut-out', profile: 'square320', pictures: 100, megapixels: 1, format: 'png' as const, seconds: 3 },
    ...{ bareLoopSeconds: 0.16, encodeOnlySeconds: 2.4, ratio: 1.25, peakBytes: 1200e6 },
    ...{ gpu: 'A card', driver: '580.1', cores: 16, taken: '2026-11-28T04:00:00.000Z' },
  };
  const page = appReportPage({ ...report, queue: [queued, { ...queued, decodeOnlySeconds: 0.9 }] });
  const [begin, end] = ['| cut-out square320 | 100 × 1 MP | PNG | 3.00 s |', '| 160 ms | 2.40 s | 1.25 | 1200 MB |'];
  expect(page).toContain(`${begin} – ${end}`);
  expect(page).toContain(`${begin} 900 ms ${end}`);
});

it('reads what it wrote', async () => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'refit-app-report-'));
  await writeAppReport(report, folder);
  expect(await readAppReport(folder)).toEqual(report);
  await rm(folder, { recursive: true });
});

it('is committed as it is written', async () => {
  const committed = path.resolve(import.meta.dirname, '..', '..', 'docs', 'app-report.md');
  expect(await readFile(committed, 'utf8')).toBe(appReportPage(await readAppReport()));
});
