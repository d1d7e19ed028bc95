import { expect, test } from 'vitest';
import type { RaceRow } from '../../app/race';
import type { RaceResult } from '../engines/race';
import { raceText } from './race';

const key = { profile: 'tile256', target: 'portable' as const, cudaGraph: false };
const timed = (cudaGraph: boolean, tilesPerSecond: number): RaceRow => ({
  ...key,
  cudaGraph,
  result: { kind: 'timed', latencyMs: 0.5, tilesPerSecond, usefulPerSecond: tilesPerSecond * 802_816 },
});
const result: RaceResult = {
  model: 'fast-x4',
  unit: 'pixels',
  expected: key,
  winner: { ...key, cudaGraph: true },
  gain: 1.25,
  rows: [timed(false, 1000), timed(true, 1250)],
  refused: [{ profile: 'tile256', target: 'ada', reason: 'Made for Ada cards; NVIDIA H100 is none of them.' }],
  failure: null,
  elapsedMs: 1234,
};

test('shows every candidate, what was not raced and why, and the winner’s gain', () => {
  expect(raceText(result)).toBe(
    [
      'fast-x4 (1.2 s)',
      '                           latency  tiles/s       useful',
      '  tile256 portable        0.500 ms     1000   802.8 MP/s  expected',
      '  tile256 portable graph  0.500 ms     1250  1003.5 MP/s  fastest',
      '  not raced: tile256 ada. Made for Ada cards; NVIDIA H100 is none of them.',
      '  tile256 portable graph wins: 1.25 × tile256 portable',
    ].join('\n'),
  );
});

test('says why there is no winner', () => {
  const failure = { code: 'REFIT_FAILED' as const, params: { model: 'Fast ×4' }, detail: 'driver' };
  expect(raceText({ ...result, winner: null, gain: null, rows: [], refused: [], failure })).toBe(
    'fast-x4 (1.2 s)\n  no winner: The weights of Fast ×4 could not be put back. driver',
  );
});
