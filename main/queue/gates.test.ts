import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createGate, createPool } from './gates';

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
