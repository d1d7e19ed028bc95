import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../main/example.fixture';
import { devAddonFile, devLibraryDir, loadAddon } from '../../native/addon';
import { noPlanFromBytes, type StepOutcome, writeReport } from './report';

/** Milliseconds of loading the plan and of refitting again, cold and warm. */
function row(onnxBytes: number | null, plan: number | null, refit: number | null, refitWarm = refit) {
  const load = (elapsedMs: number) => ({ ...noLoad, elapsedMs });
  return {
    onnxBytes,
    loads: {
      ...(plan !== null && { 'stream cold': load(plan), 'stream warm': load(plan) }),
      ...(refit !== null && refitWarm !== null && { 'refit cold': load(refit), 'refit warm': load(refitWarm) }),
    },
  };
}
const noLoad = { deserializeMs: 0, weightsMs: 0, contextMs: 0, peakHostBytes: 0, peakAnonymousBytes: 0 };

test('keeps no plan of a size from which refitting wins for all larger ones too', () => {
  expect(noPlanFromBytes([row(1, 10, 20), row(2, 10, 9), row(3, 10, 11), row(4, 30, 20), row(5, 30, 20)])).toBe(4);
});

test('keeps plans where loading them wins for the largest', () => {
  expect(noPlanFromBytes([row(1, 20, 10), row(2, 10, 20)])).toBeNull();
});

test('a warm start decides where the disk makes both cold starts equally slow', () => {
  expect(noPlanFromBytes([row(1, 100, 99, 102)])).toBeNull();
  expect(noPlanFromBytes([row(1, 100, 101, 98)])).toBe(1);
});

test('a row that was not measured decides nothing', () => {
  expect(noPlanFromBytes([row(1, 20, 10), row(2, null, 20), row(null, 1, 2)])).toBe(1);
});

test('the report has a row a model, and says what is missing and why', async () => {
  const folder = await temporaryFolder();
  const outcomes = new Map<string, StepOutcome>([
    ['tensorrt-rtx vit-l export', { kind: 'done', result: { onnxBytes: 1000, weightBytes: 990, elapsedMs: 1 } }],
    ['tensorrt-rtx vit-l full', { kind: 'done', result: { bytes: 1100, buildMs: 5000, peakHostBytes: 3000 } }],
    ['tensorrt-rtx vit-l stripped', { kind: 'missing', reason: 'took longer than 300 s' }],
  ]);
  const head = {
    isResumed: false,
    folder,
    gpu: 'a GPU',
    driver: '580',
    runtimes: { 'tensorrt-rtx': 'tensorrt-rtx 1.6.1' },
  };
  await writeReport({ ...head, subjects: [{ model: 'vit-l', runtime: 'tensorrt-rtx' }], outcomes });
  const json = JSON.parse(await readFile(path.join(folder, 'scale-report.json'), 'utf8'));
  expect(json).toMatchObject({
    gpu: 'a GPU',
    driver: '580',
    results: [{ model: 'vit-l', onnxBytes: 1000, fullPlanBytes: 1100, fullBuildMs: 5000, strippedBytes: null }],
  });
  expect(await readFile(path.join(folder, 'scale-report.md'), 'utf8')).toContain('took longer than 300 s');
});

test('a model measured with two runtimes has a row of each, with what is missing of each', async () => {
  const folder = await temporaryFolder();
  const outcomes = new Map<string, StepOutcome>([
    ['tensorrt-rtx vit-l full', { kind: 'done', result: { bytes: 1100, buildMs: 5000, peakHostBytes: 3000 } }],
    ['tensorrt-10 vit-l full', { kind: 'missing', reason: 'no builder' }],
  ]);
  await writeReport({
    isResumed: false,
    folder,
    gpu: 'a GPU',
    driver: '580',
    runtimes: { 'tensorrt-rtx': 'tensorrt-rtx 1.6.1', 'tensorrt-10': 'tensorrt 10.6.0' },
    subjects: [
      { model: 'vit-l', runtime: 'tensorrt-rtx' },
      { model: 'vit-l', runtime: 'tensorrt-10' },
    ],
    outcomes,
  });
  const { results } = JSON.parse(await readFile(path.join(folder, 'scale-report.json'), 'utf8'));
  expect(results).toMatchObject([
    { model: 'vit-l', runtime: 'tensorrt-rtx 1.6.1', fullPlanBytes: 1100, missing: {} },
    { model: 'vit-l', runtime: 'tensorrt 10.6.0', fullPlanBytes: null, missing: { full: 'no builder' } },
  ]);
});

test('a run without a GPU leaves the report in docs as it was, and its own in the work folder', async ({ skip }) => {
  const root = path.resolve(import.meta.dirname, '..', '..');
  const { gpus } = loadAddon(path.join(root, devAddonFile)).probe(path.join(root, devLibraryDir));
  if (gpus.kind === 'known' && gpus.value.length > 0) skip('there is a GPU here');
  const committed = path.join(root, 'docs', 'scale-report.json');
  const before = await readFile(committed, 'utf8');
  const work = await temporaryFolder();
  const run = ['--import', 'tsx', path.join(import.meta.dirname, 'run.ts'), '--models', 'resnet-50', '--work', work];
  await promisify(execFile)(process.execPath, [...run, '--budget', '0'], { cwd: root });
  expect(await readFile(committed, 'utf8')).toBe(before);
  const own = JSON.parse(await readFile(path.join(work, 'full', 'scale-report.json'), 'utf8'));
  expect(own).toMatchObject({ gpu: 'none', results: [{ model: 'resnet-50' }] });
});
