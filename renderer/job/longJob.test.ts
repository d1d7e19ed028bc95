import { expect, test } from 'vitest';
import { countTiles, planTiles } from '../../app/tiles';
import { models, readyOnGpu, skipped } from '../dev/scenes';
import { getScreen, type Screen } from '../store';
import { longJob } from './longJob';

const picture = { id: 1, name: 'a.png', width: 4000, height: 3000, transparent: false, displayP3: false, notes: [] };
const tiles = planTiles(4000, 3000, 128, 128, 16).length;

const screen = (change: Partial<Screen['app']> = {}, selected = 'photo-x4'): Screen => ({
  ...getScreen(),
  models: models.map((model) => (model.id === 'photo-x4' ? { ...model, quicker: 'fast-x4' } : model)),
  selected,
  app: { ...getScreen().app, setup: skipped, picture, ...change },
});

test('counts the tiles of a picture', () => {
  for (const [width, height] of [
    [1, 1],
    [128, 129],
    [4000, 3000],
  ] as const)
    expect(countTiles(width, height, 128, 128, 16)).toBe(planTiles(width, height, 128, 128, 16).length);
});

test('says nothing that was not measured here', () => {
  expect(longJob(screen())).toBeNull();
  expect(longJob(screen({ tileMs: { 'fast-x4': 500 } }))).toBeNull();
});

test('says what a tool takes where that is long, and what a quicker one does', () => {
  expect(longJob(screen({ tileMs: { 'photo-x4': 6000, 'fast-x4': 500 } }))).toEqual({
    ms: tiles * 6000,
    quicker: { name: 'Fast ×4', ms: tiles * 500 },
  });
  expect(longJob(screen({ tileMs: { 'photo-x4': 6000 } }))?.quicker).toEqual({ name: 'Fast ×4', ms: null });
  // The other tool was measured, and is not quicker enough.
  expect(longJob(screen({ tileMs: { 'photo-x4': 6000, 'fast-x4': 5000 } }))?.quicker).toBeNull();
  // The quick tool itself.
  expect(longJob(screen({ tileMs: { 'fast-x4': 500 } }, 'fast-x4'))).toEqual({ ms: tiles * 500, quicker: null });
});

test('says nothing of what is short, on the GPU or done', () => {
  const tileMs = { 'photo-x4': 6000 };
  expect(longJob(screen({ tileMs, picture: { ...picture, width: 128, height: 256 } }))).toBeNull();
  expect(longJob(screen({ tileMs, setup: readyOnGpu }))).toBeNull();
  const result = { id: 1, model: 'photo-x4', width: 8, height: 8, pixels: true, transparent: false, note: null };
  expect(longJob(screen({ tileMs, result: { ...result, kind: 'finished' } }))).toBeNull();
  expect(longJob(screen({ tileMs, result: { ...result, kind: 'partial' } }))).not.toBeNull();
});

test('says it of the running job, whatever tool is looked at', () => {
  const tileMs = { 'photo-x4': 6000 };
  const base = { id: 1, model: 'photo-x4', done: 1, total: tiles, elapsedMs: 7000 } as const;
  const running = { kind: 'running', device: 'cpu', ...base } as const;
  expect(longJob(screen({ tileMs, job: running }, 'cut-out'))).toMatchObject({ ms: tiles * 6000 });
  expect(longJob(screen({ tileMs, setup: readyOnGpu, job: { ...running, device: 'gpu' } }))).toBeNull();
  expect(longJob(screen({ tileMs, setup: readyOnGpu, job: running }))).toMatchObject({ ms: tiles * 6000 });
});
