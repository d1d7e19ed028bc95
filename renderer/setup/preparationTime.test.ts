import { describe, expect, test } from 'vitest';
import type { PrepareRow } from '../../app/states';
import { fc } from '../../test/properties';
import { preparationTimeLeft, type Watched, watch } from './preparationTime';

interface Made {
  bytes: number;
  ms: number;
}

/** Models prepared side by side, in order: the rows at a time, and when the last one is ready. */
function simulate(models: Made[], lanes: number): { rowsAt(ms: number): PrepareRow[]; endsAt: number } {
  const free = Array<number>(lanes).fill(0);
  const spans = models.map(({ ms }) => {
    const lane = free.indexOf(Math.min(...free));
    const from = free[lane] ?? 0;
    free[lane] = from + ms;
    return { from, to: from + ms };
  });
  const rowsAt = (now: number): PrepareRow[] =>
    models.map(({ bytes }, i) => {
      const { from, to } = spans[i] as { from: number; to: number };
      const row = { model: `m${i}`, onnxBytes: bytes };
      if (now >= to)
        return { ...row, phase: 'done' as const, elapsedMs: to - from, weightBytes: bytes, planBytes: bytes };
      if (now < from) return { ...row, phase: 'waiting' as const };
      const share = (now - from) / (to - from);
      if (share < 0.55)
        return {
          ...row,
          phase: 'refitting' as const,
          weightsDone: 1,
          weightsTotal: 2,
          bytesDone: Math.max(0, (share - 0.05) / 0.5) * bytes,
          bytesTotal: bytes,
        };
      return { ...row, phase: share < 0.8 ? ('serializing' as const) : ('checking' as const) };
    });
  return { rowsAt, endsAt: Math.max(...free) };
}

/** What is said at each half second. */
function said(rowsAt: (ms: number) => PrepareRow[], endsAt: number): { at: number; left: number | null }[] {
  let watched: Watched | null = null;
  const all: { at: number; left: number | null }[] = [];
  for (let at = 0; at <= endsAt; at += 500) {
    const rows = rowsAt(at);
    const now = preparationTimeLeft(watch(watched, rows, at), rows, at);
    watched = now.watched;
    all.push({ at, left: now.left });
  }
  return all;
}

const anyModels = fc.array(
  fc.record({ bytes: fc.integer({ min: 1, max: 400e6 }), ms: fc.integer({ min: 1, max: 20_000 }) }),
  { minLength: 1, maxLength: 9 },
);
const anyLanes = fc.integer({ min: 1, max: 4 });

describe('whatever is prepared, and however fast', () => {
  test('what is said is above zero and never grows', () => {
    fc.assert(
      fc.property(anyModels, anyLanes, (models, lanes) => {
        const { rowsAt, endsAt } = simulate(models, lanes);
        const told = said(rowsAt, endsAt).flatMap(({ left }) => left ?? []);
        expect(told).toEqual([...told].sort((a, b) => b - a));
        expect(told.filter((left) => left < 2000)).toEqual([]);
      }),
    );
  });

  test('nothing is said in the first moments, nor when all is ready', () => {
    fc.assert(
      fc.property(anyModels, anyLanes, (models, lanes) => {
        const { rowsAt, endsAt } = simulate(models, lanes);
        const early = said(rowsAt, endsAt).filter(({ at, left }) => left !== null && (at < 1500 || at >= endsAt));
        expect(early).toEqual([]);
      }),
    );
  });
});

test('is near the truth where a model takes as long as its size says, several at once', () => {
  const sized = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 3, maxLength: 9 });
  fc.assert(
    fc.property(sized, anyLanes, (megabytes, lanes) => {
      const models = megabytes.map((size) => ({ bytes: size * 1e6, ms: 100 * (size + 4) }));
      const { rowsAt, endsAt } = simulate(models, lanes);
      const far = said(rowsAt, endsAt).filter(({ at, left }) => {
        const truth = endsAt - at;
        return left !== null && at > endsAt / 2 && Math.abs(left - truth) > 1500 + 0.4 * truth;
      });
      expect(far).toEqual([]);
    }),
  );
});

test('of a usual preparation the time left is said from its first third on, within a third of the truth', () => {
  const sizes = [33.5, 1.25, 4.6, 7.3, 9, 9.9, 21.1];
  const { rowsAt, endsAt } = simulate(
    sizes.map((size) => ({ bytes: size * 1e6, ms: 150 * (size + 4) })),
    3,
  );
  const later = said(rowsAt, endsAt).filter(({ at }) => at > endsAt / 3 && at < endsAt - 2500);
  expect(later.length).toBeGreaterThan(3);
  for (const { at, left } of later)
    expect(Math.abs((left ?? Number.NaN) - (endsAt - at)) / (endsAt - at)).toBeLessThan(1 / 3);
});

const moving = { model: 'a', onnxBytes: 40e6, weightsDone: 1, weightsTotal: 2, bytesTotal: 40e6 };
const half: PrepareRow = { ...moving, phase: 'refitting', bytesDone: 36e6 };
const startOf = (row: PrepareRow): Watched => watch(null, [row], 0);
const begin: PrepareRow = { ...moving, phase: 'refitting', bytesDone: 0 };

test('goes on from the speed that was measured', () => {
  // 0.45 of the model in 9 s; half of it is left.
  const watched = startOf(begin);
  expect(preparationTimeLeft(watched, [half], 9000).left).toBeCloseTo(10_000, -1);
});

test('says nothing while a process was started again, or gives no sign of life', () => {
  const watched = startOf(begin);
  expect(preparationTimeLeft(watched, [{ ...half, again: true }], 9000).left).toBeNull();
  expect(preparationTimeLeft(watched, [{ ...half, silent: true }], 9000).left).toBeNull();
});

test('says nothing any more once the work takes more than twice as long as was said', () => {
  const first = preparationTimeLeft(startOf(begin), [half], 3000);
  expect(first.left).not.toBeNull();
  expect(preparationTimeLeft(first.watched, [half], 5000).left).toBe(first.left);
  expect(preparationTimeLeft(first.watched, [half], 30_000).left).toBeNull();
});

test('does not take for its own speed what was ready before it looked', () => {
  const before: PrepareRow = { model: 'b', onnxBytes: 400e6, phase: 'cached' };
  const watched = watch(null, [before, begin], 0);
  expect(preparationTimeLeft(watched, [before, half], 9000).left).toBeCloseTo(10_000, -1);
});
