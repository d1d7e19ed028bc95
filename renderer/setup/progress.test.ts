import { describe, expect, test } from 'vitest';
import { AppError } from '../../app/errors';
import type { PrepareRow } from '../../app/states';
import { outcomeOf, overallProgress, rowProgress } from './progress';

const reason = new AppError('CACHE_FULL', { neededBytes: 1 }).toReport();
const done: PrepareRow = { model: 'a', onnxBytes: 30, phase: 'done', elapsedMs: 1, weightBytes: 7, planBytes: 33 };
const failed: PrepareRow = { model: 'b', onnxBytes: 10, phase: 'failed', reason };

describe('overallProgress', () => {
  test('weighs each model by its bytes', () => {
    expect(overallProgress([done, { model: 'b', onnxBytes: 10, phase: 'waiting' }])).toBe(0.75);
  });

  test('counts a model that failed as over', () => expect(overallProgress([done, failed])).toBe(1));

  test('never goes back over the phases of a model', () => {
    const row = { model: 'a', onnxBytes: 1 };
    const refitting = { ...row, phase: 'refitting', weightsDone: 2, weightsTotal: 2, bytesTotal: 9 } as const;
    const phases: PrepareRow[] = [
      { ...row, phase: 'waiting' },
      { ...row, phase: 'verifying' },
      { ...refitting, bytesDone: 0 },
      { ...refitting, bytesDone: 9 },
      { ...row, phase: 'serializing' },
      { ...row, phase: 'checking' },
      { ...row, phase: 'timing' },
      { ...row, phase: 'saving' },
      { ...row, phase: 'cached' },
    ];
    const shares = phases.map((phase) => overallProgress([phase]));
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
  });
});

test.each([1, 2, 8])('does not go back when the fastest of %i engines is kept', async (total) => {
  const row = { model: 'a', onnxBytes: 1, race: { done: total - 1, total } };
  const timing = rowProgress({ ...row, phase: 'timing' });
  expect(rowProgress({ ...row, phase: 'saving' })).toBeGreaterThan(timing);
});

test('gives each engine that is tried its part of a model', () => {
  const row = { model: 'a', onnxBytes: 1, phase: 'timing' } as const;
  const shares = [0, 1, 2, 3].map((done) => rowProgress({ ...row, race: { done, total: 4 } }));
  expect(shares).toEqual([0.225, 0.475, 0.725, 0.975]);
});

describe('outcomeOf', () => {
  test('counts only what was made here as not downloaded', () => {
    const cached: PrepareRow = { model: 'c', onnxBytes: 5, phase: 'cached' };
    expect(outcomeOf([done, failed, cached])).toEqual({
      ready: 2,
      total: 3,
      weightBytes: 7,
      planBytes: 33,
      notKept: 0,
    });
  });

  test('says what the next start has to make again', () => {
    expect(outcomeOf([{ ...done, notKept: reason }]).notKept).toBe(1);
  });
});
