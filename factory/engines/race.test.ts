import { expect, test } from 'vitest';
import type { RaceRow } from '../../app/race';
import { gainOf, raceRows } from './race';

const row = (cudaGraph: boolean, usefulPerSecond: number): RaceRow => ({
  profile: 'tile256',
  target: 'portable',
  cudaGraph,
  result: { kind: 'timed', latencyMs: 0.5, tilesPerSecond: 1000, usefulPerSecond },
});
const key = (cudaGraph: boolean) => ({ profile: 'tile256', target: 'portable' as const, cudaGraph });
const out: RaceRow = { ...row(false, 1), result: { kind: 'out', reason: 'It gave a wrong picture.' } };

test('tells the gain of the winner over what is expected to be best', () => {
  expect(gainOf([row(false, 4e6), row(true, 6e6)], key(false), key(true))).toBe(1.5);
});

test('tells no gain where what was expected is out', () => {
  expect(gainOf([out, row(true, 6e6)], key(false), key(true))).toBeNull();
});

test('shows each candidate with its speed or its reason', () => {
  const result = {
    model: 'photo-x4',
    unit: 'pixels' as const,
    expected: key(false),
    winner: key(true),
    gain: null,
    rows: [out, row(true, 6e6)],
    refused: [],
    failure: null,
    elapsedMs: 1,
  };
  expect(raceRows(result)).toEqual([
    ['tile256 portable', '', '', '', 'out: It gave a wrong picture.'],
    ['tile256 portable graph', '0.500 ms', '1000', '6.0 MP/s', 'fastest'],
  ]);
});
