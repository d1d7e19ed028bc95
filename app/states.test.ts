import { describe, expect, it } from 'vitest';
import { AppError } from './errors';
import { exampleGpu } from './example.fixture';
import {
  type AppState,
  type Event,
  type GpuFacts,
  initialState,
  isUnsaved,
  type Job,
  next,
  type PrepareRow,
  type Result,
} from './states';
import type { TextRegion } from './toolAnswer';

const facts: GpuFacts = {
  gpu: exampleGpu,
  driver: { version: '580.159.04', cudaVersion: 13000 },
  runtime: 'tensorrt-rtx 1.6.1',
};
const skipped = new AppError('SKIPPED_BY_USER', {}).toReport();
const damaged = new AppError('CACHE_DAMAGED', { model: 'Photo ×4' }).toReport();
const waiting: PrepareRow[] = [
  { model: 'photo-x4', onnxBytes: 33, phase: 'waiting' },
  { model: 'fast-x4', onnxBytes: 1, phase: 'waiting' },
];
const checking: PrepareRow = { model: 'photo-x4', onnxBytes: 33, phase: 'checking' };

const detect: Event = { kind: 'detect' };
const found: Event = { kind: 'found', facts, engines: [] };
const preparing: Event = { kind: 'preparing', facts, rows: waiting };
const row: Event = { kind: 'row', row: checking };
const prepared: Event = { kind: 'prepared', elapsedMs: 4200 };
const onGpu: Event = { kind: 'ready', device: { kind: 'gpu', facts, rows: waiting } };
const onCpu: Event = { kind: 'ready', device: { kind: 'cpu', reason: skipped } };

const reached = (...events: Event[]): AppState => events.reduce(next, initialState);

describe('setup', () => {
  it.each<[string, Event[], string[]]>([
    [
      'a first run',
      [detect, found, preparing, row, prepared, onGpu],
      ['detecting', 'found', 'preparing', 'preparing', 'prepared', 'ready'],
    ],
    ['a second run', [detect, onGpu], ['detecting', 'ready']],
    ['a run without a GPU', [detect, onCpu], ['detecting', 'ready']],
    ['a skipped preparation', [detect, found, onCpu], ['detecting', 'found', 'ready']],
    ['a host that gave up', [detect, found, preparing, onCpu], ['detecting', 'found', 'preparing', 'ready']],
    ['another look for the GPU', [detect, onCpu, detect, found], ['detecting', 'ready', 'detecting', 'found']],
  ])('goes through %s', (_, events, kinds) => {
    expect(events.map((__, i) => reached(...events.slice(0, i + 1)).setup.kind)).toEqual(kinds);
  });

  it.each<[string, Event[], Event]>([
    ['found before anything was looked for', [], found],
    ['found once it is ready', [detect, onCpu], found],
    ['a preparation before anything was looked for', [], preparing],
    ['a late preparation once the processor has taken over', [detect, found, onCpu], preparing],
    ['a row while nothing is prepared', [detect], row],
    ['a late row once the processor has taken over', [detect, found, preparing, onCpu], row],
    ['the end of a preparation that never began', [detect, found], prepared],
    ['the end of a preparation once the processor has taken over', [detect, found, preparing, onCpu], prepared],
    ['another look in the middle of a preparation', [detect, found, preparing], detect],
  ])('stays as it was on %s', (_, events, late) => {
    const state = reached(...events);
    expect(next(state, late)).toBe(state);
  });

  it('replaces only the row that is told of', () => {
    expect(reached(detect, found, preparing, row).setup).toEqual({
      kind: 'preparing',
      facts,
      rows: [checking, waiting[1]],
    });
  });

  it('replaces a row of a GPU that is ready', () => {
    expect(reached(detect, onGpu, row).setup).toMatchObject({ device: { rows: [checking, waiting[1]] } });
  });

  it('adds no row for a model that is not listed', () => {
    const unlisted: Event = { kind: 'row', row: { ...checking, model: 'other' } };
    expect(reached(detect, found, preparing, unlisted).setup).toMatchObject({ rows: waiting });
  });

  it('keeps facts and rows when prepared', () => {
    expect(reached(detect, found, preparing, row, prepared).setup).toEqual({
      kind: 'prepared',
      facts,
      rows: [checking, waiting[1]],
      elapsedMs: 4200,
    });
  });

  it('changes no state in place', () => {
    const state = reached(detect, found, preparing);
    const copy = structuredClone(state);
    next(state, row);
    next(state, { kind: 'notice', notice: damaged });
    expect(state).toEqual(copy);
  });
});

describe('a job', () => {
  const running = (id: number, done: number): Job => ({
    kind: 'running',
    id,
    model: 'photo-x4',
    device: 'gpu',
    done,
    total: 9,
    elapsedMs: 0,
  });
  const done = (id: number): Job => ({ kind: 'done', id, model: 'photo-x4', device: 'gpu', total: 9, elapsedMs: 80 });
  const cancelled = (id: number): Job => ({ kind: 'cancelled', id, model: 'photo-x4', done: 3, total: 9 });
  const failed = (id: number): Job => ({ kind: 'failed', id, model: 'photo-x4', done: 3, total: 9, reason: skipped });
  const jobs = (...list: Job[]): Job => reached(...list.map((job): Event => ({ kind: 'job', job }))).job;

  it('moves on with its tiles', () => {
    expect(jobs(running(1, 0), running(1, 4))).toEqual(running(1, 4));
  });

  it.each([done(1), cancelled(1), failed(1)])('ends as $kind, and stays so whatever comes late', (end) => {
    expect(jobs(running(1, 3), end)).toEqual(end);
    expect(jobs(running(1, 3), end, running(1, 4), done(1))).toEqual(end);
  });

  it.each([done(1), cancelled(1), failed(1)])('that is $kind makes room for the next', (end) => {
    expect(jobs(running(1, 3), end, running(2, 0))).toEqual(running(2, 0));
  });

  it('is not disturbed by word of an earlier one', () => {
    expect(jobs(running(1, 3), cancelled(1), running(2, 0), running(1, 4))).toEqual(running(2, 0));
    expect(jobs(running(1, 3), cancelled(1), running(2, 0), failed(1))).toEqual(running(2, 0));
  });

  it('leaves setup and notices alone', () => {
    const before = reached(detect, onGpu, { kind: 'notice', notice: damaged });
    expect(next(before, { kind: 'job', job: running(1, 0) })).toEqual({ ...before, job: running(1, 0) });
  });
});

describe('notices', () => {
  const notice = (model: string): Event => ({
    kind: 'notice',
    notice: new AppError('CACHE_DAMAGED', { model }, 'detail').toReport(),
  });

  it('come in order and stay through a change of setup', () => {
    const state = reached(notice('Photo ×4'), detect, notice('Fast ×4'));
    expect(state.notices.map(({ params }) => params)).toEqual([{ model: 'Photo ×4' }, { model: 'Fast ×4' }]);
  });

  it('are said once', () => {
    const state = reached(notice('Photo ×4'));
    expect(next(state, notice('Photo ×4'))).toBe(state);
  });
});

describe('a result', () => {
  const made: Result = {
    id: 1,
    model: 'photo-x4',
    width: 8,
    height: 8,
    kind: 'finished',
    pixels: true,
    transparent: false,
    note: null,
  };
  const box = { x: 0, y: 0, width: 1, height: 1 };
  const hides = { kind: 'hide', style: 'solid', strength: 'medium' } as const;
  const point = { x: 0, y: 0 };
  const region: TextRegion = { text: 'cat', confidence: 1, corners: [point, point, point, point] };

  it.each<[string, Partial<Result>, boolean]>([
    ['that was made', {}, true],
    ['that was saved', { kept: true }, false],
    ['that was changed since it was saved', { kept: false }, true],
    ['that still grows', { kind: 'growing' }, false],
    ['that was stopped', { kind: 'partial' }, false],
    ['that only compares', { compared: true }, false],
    ['of text', { pixels: false, regions: [region] }, true],
    ['of no text', { pixels: false, regions: [] }, false],
    ['that hides something', { hides: { ...hides, boxes: [box] } }, true],
    ['that hides nothing', { hides: { ...hides, boxes: [] } }, false],
  ])('%s: whether it would be lost', (_, change, isLost) => {
    expect(isUnsaved({ result: { ...made, ...change } })).toBe(isLost);
  });

  it('that is not there cannot be lost', () => expect(isUnsaved(initialState)).toBe(false));
});

it('survives the way to the window unchanged', () => {
  const state = reached(detect, found, preparing, row, { kind: 'notice', notice: damaged });
  expect(structuredClone(state)).toEqual(state);
  expect(JSON.parse(JSON.stringify(state))).toEqual(state);
});
