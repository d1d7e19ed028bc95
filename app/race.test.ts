import { expect, test } from 'vitest';
import { exampleCard as card } from './example.fixture';
import { fastest, nameOf, type RaceRow, usefulEach } from './race';

const row = (profile: string, usefulPerSecond: number): RaceRow => ({
  profile,
  target: 'portable',
  cudaGraph: false,
  result: { kind: 'timed', latencyMs: 1, tilesPerSecond: 1, usefulPerSecond },
});
const out: RaceRow = { ...row('b', 0), result: { kind: 'out', reason: 'It gave a wrong picture.' } };

test('counts the core of a tile, enlarged, and not its overlap', () => {
  expect(usefulEach(card, { width: 256, height: 128 })).toBe((256 - 32) * (128 - 32) * 16);
});

test('prefers a large tile where the small one is faster a tile but throws more of it away', () => {
  const perSecond = (tiles: number, side: number) => tiles * usefulEach(card, { width: side, height: side });
  // 4.1 small tiles for each large one: more pixels in all, fewer that are of use.
  const rows = [row('tile-512', perSecond(100, 512)), row('tile-256', perSecond(410, 256))];
  expect(fastest(rows)?.profile).toBe('tile-512');
});

test('counts a run of a whole tool as one result, whatever its size', () => {
  expect(usefulEach({ ...card, flow: { kind: 'whole', fit: 'stretch' } }, { width: 640, height: 640 })).toBe(1);
});

test('takes the fastest of those that were timed, and of equals the first', () => {
  expect(fastest([row('a', 5), out, row('c', 7), row('d', 7)])?.profile).toBe('c');
});

test('has no winner where nothing was timed', () => {
  expect(fastest([out])).toBeUndefined();
});

test('says whether a candidate runs as a CUDA graph', () => {
  expect([nameOf(row('tile-256', 1)), nameOf({ ...row('tile-256', 1), cudaGraph: true })]).toEqual([
    'tile-256 portable',
    'tile-256 portable graph',
  ]);
});
