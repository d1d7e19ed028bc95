import { expect, test } from 'vitest';
import { fc } from '../../test/properties';
import { createGate, createPool, createTurns } from './gates';

test('never more go through at once than the gate is wide, and all go through', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 5 }),
      fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 20 }),
      async (most, works) => {
        const gate = createGate(most);
        let [inside, peak, done] = [0, 0, 0];
        await Promise.all(
          works.map((turns) =>
            gate.through(async () => {
              inside += 1;
              peak = Math.max(peak, inside);
              for (let i = 0; i < turns; i++) await Promise.resolve();
              inside -= 1;
              done += 1;
            }),
          ),
        );
        expect(done).toBe(works.length);
        expect(peak).toBeLessThanOrEqual(most);
      },
    ),
  );
});

test('a gate is free again after work that fails', async () => {
  const gate = createGate(1);
  await expect(gate.through(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
  await expect(gate.through(async () => 'next')).resolves.toBe('next');
});

test('a pool gives no more than it has, but for one that wants more than there is', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 30 }), { maxLength: 20 }), async (amounts) => {
      const pool = createPool(20);
      let [taken, holders] = [0, 0];
      await Promise.all(
        amounts.map(async (amount) => {
          const give = await pool.take(amount);
          taken += amount;
          holders += 1;
          if (holders > 1) expect(taken).toBeLessThanOrEqual(20);
          await Promise.resolve();
          taken -= amount;
          holders -= 1;
          give();
          // Given back once, however often it is said.
          give();
        }),
      );
      expect([taken, holders]).toEqual([0, 0]);
    }),
  );
});

test('who stops waiting is passed over, and those behind get their turn', async () => {
  const pool = createPool(10);
  const give = await pool.take(10);
  const stop = new AbortController();
  const large = pool.take(10, stop.signal);
  const small = pool.take(3);
  stop.abort(new Error('stopped'));
  await expect(large).rejects.toThrow('stopped');
  give();
  await expect(small).resolves.toBeTypeOf('function');
});

test('who stops waiting lets through at once those who fit', async () => {
  const pool = createPool(10);
  await pool.take(5);
  const stop = new AbortController();
  const large = pool.take(8, stop.signal);
  const small = pool.take(3);
  stop.abort(new Error('stopped'));
  await expect(large).rejects.toThrow('stopped');
  await expect(small).resolves.toBeTypeOf('function');
});

test('each place does one work at a time, of the kind that it serves, and all is done', async () => {
  const serves: Record<string, readonly string[]> = { any: ['a', 'b', 'c'], few: ['a', 'b'], one: ['c'] };
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.constantFrom('any', 'few', 'one'), fc.integer({ min: 0, max: 4 }), fc.boolean()), {
        maxLength: 20,
      }),
      async (works) => {
        const turns = createTurns((kind) => serves[kind] ?? []);
        const inside = new Set<string>();
        let done = 0;
        await Promise.allSettled(
          works.map(([kind, steps, fails]) =>
            turns.at(kind, async (place) => {
              expect(serves[kind]).toContain(place);
              expect(inside).not.toContain(place);
              inside.add(place);
              for (let i = 0; i < steps; i++) await Promise.resolve();
              inside.delete(place);
              done += 1;
              if (fails) throw new Error('no');
            }),
          ),
        );
        expect(done).toBe(works.length);
      },
    ),
  );
});

test('work that waits for a place goes to one that comes to serve it', async () => {
  const places: string[] = [];
  const turns = createTurns(() => places);
  const done = turns.at('any', async (place) => place);
  places.push('new');
  turns.changed();
  await expect(done).resolves.toBe('new');
});

test('work that is given up while it waits for a place takes none', async () => {
  const turns = createTurns(() => ['a']);
  let end: () => void = () => {};
  const first = turns.at('any', () => new Promise<void>((resolve) => (end = resolve)));
  const stop = new AbortController();
  const second = turns.at('any', async () => 'ran', stop.signal);
  stop.abort(new Error('given up'));
  await expect(second).rejects.toThrow('given up');
  end();
  await first;
  await expect(turns.at('any', async () => 'third')).resolves.toBe('third');
});
