import { describe, expect, test } from 'vitest';
import { fc } from '../test/properties';
import { AppError } from './errors';
import {
  countItems,
  emptyQueue,
  type ItemState,
  maxRecipes,
  nextQueue,
  type QueueEvent,
  type QueueItem,
  type Step,
  withRecipe,
} from './queue';
import type { NamedRecipe } from './queueSchema';

const item = (id: number, state: ItemState = { kind: 'waiting' }): QueueItem => ({
  id,
  name: `${id}.png`,
  folder: '',
  state,
});
const queueOf = (...ids: number[]) => ({ ...emptyQueue, items: ids.map((id) => item(id)) });
const idsAfter = (queue: ReturnType<typeof queueOf>, event: QueueEvent): number[] =>
  nextQueue(queue, event).items.map(({ id }) => id);
const reason = new AppError('PICTURE_EMPTY', { name: 'a.png' }).toReport();

describe('the queue', () => {
  test('adds at the end, or before an item', () => {
    const items = [item(8), item(9)];
    expect(idsAfter(queueOf(1, 2), { kind: 'added', items, before: null })).toEqual([1, 2, 8, 9]);
    expect(idsAfter(queueOf(1, 2), { kind: 'added', items, before: 2 })).toEqual([1, 8, 9, 2]);
    expect(idsAfter(queueOf(1, 2), { kind: 'added', items, before: 77 })).toEqual([1, 2, 8, 9]);
  });

  test('adds nothing that is there already', () => {
    const items = [item(2, { kind: 'skipped' }), item(3), item(3)];
    const { items: after } = nextQueue(queueOf(1, 2), { kind: 'added', items, before: null });
    expect(after).toEqual([item(1), item(2), item(3)]);
  });

  test('moves items together, in the order that they had', () => {
    expect(idsAfter(queueOf(1, 2, 3, 4, 5), { kind: 'moved', ids: [5, 2], before: 1 })).toEqual([2, 5, 1, 3, 4]);
    expect(idsAfter(queueOf(1, 2, 3), { kind: 'moved', ids: [1], before: null })).toEqual([2, 3, 1]);
    expect(idsAfter(queueOf(1, 2, 3), { kind: 'moved', ids: [77], before: 1 })).toEqual([1, 2, 3]);
  });

  test('leaves items where they are that are moved before one of themselves', () => {
    expect(idsAfter(queueOf(1, 2, 3, 4), { kind: 'moved', ids: [2, 3], before: 2 })).toEqual([1, 2, 3, 4]);
    expect(idsAfter(queueOf(1, 2, 3, 4), { kind: 'moved', ids: [1, 3], before: 3 })).toEqual([2, 1, 3, 4]);
    expect(idsAfter(queueOf(1, 2), { kind: 'moved', ids: [2], before: 2 })).toEqual([1, 2]);
  });

  test('gives an item steps of its own, and takes them back', () => {
    const steps: Step[] = [{ model: 'fast-x4' }];
    const own = nextQueue(queueOf(1, 2), { kind: 'steps', ids: [2, 77], steps });
    expect(own.items).toEqual([item(1), { ...item(2), steps }]);
    expect(nextQueue(own, { kind: 'steps', ids: [2], steps: null })).toEqual(queueOf(1, 2));
  });

  test('keeps an item that nothing changed, so that it is not drawn again', () => {
    const queue = queueOf(1, 2);
    const { items } = nextQueue(queue, { kind: 'states', states: [{ id: 2, state: { kind: 'opening' } }] });
    expect(items[0]).toBe(queue.items[0]);
    expect(items[1]).toEqual(item(2, { kind: 'opening' }));
  });

  test('counts what is open, saved, failed and skipped', () => {
    const states: ItemState[] = [
      { kind: 'waiting' },
      { kind: 'opening' },
      { kind: 'working', step: 0, done: 1, total: 4 },
      { kind: 'saving' },
      { kind: 'saved', file: 'a ×4.png', elapsedMs: 1 },
      { kind: 'failed', reason },
      { kind: 'skipped' },
    ];
    expect(countItems(states.map((state, at) => item(at + 1, state)))).toEqual({
      total: 7,
      open: 4,
      saved: 1,
      failed: 1,
      skipped: 1,
    });
  });
});

describe('whatever happens', () => {
  const ids = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 12 });
  const before = fc.option(fc.integer({ min: 1, max: 30 }));
  const state = fc.constantFrom<ItemState>({ kind: 'waiting' }, { kind: 'saving' }, { kind: 'failed', reason });
  const event: fc.Arbitrary<QueueEvent> = fc.oneof(
    fc.record({ kind: fc.constant('added' as const), items: ids.map((all) => all.map((id) => item(id))), before }),
    fc.record({ kind: fc.constant('moved' as const), ids, before }),
    fc.record({ kind: fc.constant('removed' as const), ids }),
    fc.record({
      kind: fc.constant('states' as const),
      states: fc.array(fc.record({ id: fc.integer({ min: 1, max: 30 }), state })),
    }),
    fc.record({
      kind: fc.constant('steps' as const),
      ids,
      steps: fc.constantFrom<Step[] | null>(null, [{ model: 'fast-x4' }]),
    }),
  );
  const events = fc.array(event, { maxLength: 40 });

  test('no item is lost or doubled', () => {
    fc.assert(
      fc.property(events, (all) => {
        const there = new Set<number>();
        let queue = emptyQueue;
        for (const each of all) {
          queue = nextQueue(queue, each);
          if (each.kind === 'added') for (const { id } of each.items) there.add(id);
          if (each.kind === 'removed') for (const id of each.ids) there.delete(id);
          expect(queue.items.map(({ id }) => id).sort((a, b) => a - b)).toEqual([...there].sort((a, b) => a - b));
        }
        const { total, open, saved, failed, skipped } = countItems(queue.items);
        expect(open + saved + failed + skipped).toBe(total);
      }),
    );
  });

  test('items that an event does not name keep their order', () => {
    fc.assert(
      fc.property(events, (all) => {
        let queue = emptyQueue;
        for (const each of all) {
          const was = queue.items.map(({ id }) => id);
          queue = nextQueue(queue, each);
          const named = new Set(each.kind === 'moved' || each.kind === 'removed' ? each.ids : []);
          const known = new Set(was);
          const rest = queue.items.map(({ id }) => id).filter((id) => known.has(id) && !named.has(id));
          expect(rest).toEqual(was.filter((id) => !named.has(id)));
        }
      }),
    );
  });

  test('ten thousand items in one event are looked at a few times each', () => {
    let reads = 0;
    const read = (id: number): number => {
      reads += 1;
      return id;
    };
    const counted = (id: number): QueueItem =>
      Object.defineProperty(item(id), 'id', { enumerable: true, get: () => read(id) });
    const many = Array.from({ length: 10_000 }, (_, at) => at + 1);
    const all = { ...emptyQueue, items: many.map(counted) };
    const reversed = many.toReversed();
    nextQueue(all, { kind: 'moved', ids: reversed, before: 5000 });
    nextQueue(all, { kind: 'removed', ids: reversed });
    nextQueue(all, { kind: 'steps', ids: reversed, steps: [{ model: 'fast-x4' }] });
    nextQueue(all, { kind: 'states', states: reversed.map((id) => ({ id, state: { kind: 'skipped' } })) });
    nextQueue(all, { kind: 'added', items: many.map((id) => counted(id + 10_000)), before: 5000 });
    expect(reads).toBeLessThan(20 * many.length);
  });
});

describe('recipes', () => {
  const named = (name: string) => ({ name }) as NamedRecipe;
  const full = Array.from({ length: maxRecipes }, (_, i) => named(`r${i + 10}`));

  test('stand by name, and one of a known name takes its place', () => {
    const names = withRecipe([named('b'), named('c')], named('a')).map(({ name }) => name);
    expect(names).toEqual(['a', 'b', 'c']);
    expect(withRecipe(full, named('r10'))).toHaveLength(maxRecipes);
  });

  test('are never given up for a new one', () => {
    expect(() => withRecipe(full, named('new'))).toThrow(AppError);
  });
});
