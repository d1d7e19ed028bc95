/** Several models at once against hosts that answer from a script: who is next, who is alone, what a crash costs. */
import { mkdtemp } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { AppError, ReportedError, toReport } from '../../app/errors';
import type { PrepareRow } from '../../app/states';
import type { HostCall, TaskId } from '../../host/protocol';
import { fc } from '../../test/properties';
import { exampleShipment, exampleMachine as machine } from '../example.fixture';
import type { Host } from '../hosts/host';
import { createStore } from '../store';
import { createSetup } from './setup';
import { readShipped } from './shipped';

const models = ['a', 'b', 'c', 'd', 'e'];
const usual: { [C in HostCall]?: (id: TaskId) => unknown } = {
  detect: () => machine,
  warm: () => ({ freeBytes: 10e9 }),
  lookUp: () => ({ kind: 'absent' }),
  verify: () => ({ engineBytes: 1, onnxBytes: 1 }),
  refit: () => ({ weights: 7, weightBytes: 70, planBytes: 100 }),
  // The one that is tried second is the faster one.
  time: ({ cudaGraph }) => ({ kind: 'timed', latencyMs: 1, tilesPerSecond: 1, usefulPerSecond: cudaGraph ? 2 : 1 }),
};
const died = () => {
  throw new AppError('HOST_DIED', {});
};

/** @param answer what a call of a host does instead of the usual; undefined: as usual. */
async function manyModels(
  atOnce: number,
  answer: (call: HostCall, id: TaskId, host: number) => unknown = () => {},
  shipment = exampleShipment(models),
) {
  const { root, paths } = await shipment;
  const store = createStore();
  /** `takenAt`: when a host was given its latest model, in ticks of `clock`. */
  const seen = {
    clock: 0,
    takenAt: new Map<number, number>(),
    calls: [] as string[],
    log: [] as string[],
    atWork: new Map<number, string>(),
    mostAtOnce: 0,
  };
  let hosts = 0;
  const hostOf = (): Host => {
    const number = hosts++;
    let deaths = 0;
    return {
      configure: () => {},
      forgive: () => {
        deaths = 0;
        seen.takenAt.set(number, ++seen.clock);
      },
      stop: () => {},
      renew: () => {},
      tell: (call: HostCall, { model }: { model: string }) => seen.calls.push(`${number} ${call} ${model}`),
      call: async (call: HostCall, id: TaskId) => {
        seen.calls.push(`${number} ${call} ${id?.model}`);
        if (number > 0 && call !== 'warm') seen.atWork.set(number, call);
        seen.mostAtOnce = Math.max(seen.mostAtOnce, seen.atWork.size);
        if (deaths >= 3) throw new AppError('HOST_GAVE_UP', {});
        try {
          return (await answer(call, id, number)) ?? usual[call]?.(id) ?? null;
        } catch (error) {
          if (toReport(error).code === 'HOST_DIED') deaths += 1;
          throw error;
        } finally {
          seen.atWork.delete(number);
        }
      },
    } as unknown as Host;
  };
  const setup = createSetup({
    ...{ store, host: hostOf(), startPreparer: hostOf, atOnce, paths },
    shipped: await readShipped(paths, null),
    cacheDir: await mkdtemp(path.join(root, 'cache-')),
    log: (line) => seen.log.push(line),
    pauseMs: 100,
  });
  onTestFinished(() => setup.settled());
  const rows = (): PrepareRow[] => {
    const { setup: now } = store.get();
    if (now.kind === 'preparing' || now.kind === 'prepared') return now.rows;
    return now.kind === 'ready' && now.device.kind === 'gpu' ? now.device.rows : [];
  };
  return { setup, store, seen, rows };
}

/** A gate that each call of a kind waits at, by model. */
function gates() {
  const waiting = new Map<string, () => void>();
  return {
    wait: (model: string) => new Promise<void>((resolve) => waiting.set(model, resolve)),
    open: async (model: string) => {
      await expect.poll(() => waiting.has(model)).toBe(true);
      waiting.get(model)?.();
      waiting.delete(model);
    },
    at: () => [...waiting.keys()].sort(),
  };
}

test('prepares as many models at once as it was told, each in a process of its own', async () => {
  const gate = gates();
  const { setup, seen } = await manyModels(3, (call, id) => (call === 'refit' ? gate.wait(id.model) : undefined));
  await setup.start();
  const prepared = setup.prepare();
  await expect.poll(gate.at).toEqual(['a', 'b', 'c']);
  const refits = seen.calls.filter((call) => call.includes(' refit '));
  expect(new Set(refits.map((call) => call.split(' ')[0])).size).toBe(3);
  await gate.open('b');
  await expect.poll(gate.at).toEqual(['a', 'c', 'd']);
  for (const model of ['a', 'c', 'd', 'e']) await gate.open(model);
  await prepared;
  for (const model of models) await gate.open(model);
});

test('makes the chosen tool’s engine first, and one that is chosen meanwhile next', async () => {
  const gate = gates();
  const { setup } = await manyModels(1, (call, id) => (call === 'refit' ? gate.wait(id.model) : undefined));
  await setup.start();
  setup.chooseTool('c');
  const prepared = setup.prepare();
  await expect.poll(gate.at).toEqual(['c']);
  setup.chooseTool('e');
  await gate.open('c');
  await expect.poll(gate.at).toEqual(['e']);
  for (const model of ['e', 'a', 'b', 'd']) await gate.open(model);
  await prepared;
  for (const model of models) await gate.open(model);
});

test('is at work with what is ready while the rest goes on behind', async () => {
  const gate = gates();
  const { setup, store, rows } = await manyModels(2, (call, id) =>
    call === 'refit' ? gate.wait(id.model) : undefined,
  );
  await setup.start();
  const prepared = setup.prepare();
  await gate.open('a');
  await expect.poll(() => rows()[0]?.phase).toBe('done');
  setup.continueSetup();
  expect(store.get().setup).toMatchObject({ kind: 'ready', device: { kind: 'gpu' } });
  expect([setup.gpuTask('a')?.card.id, setup.gpuTask('b')]).toEqual(['a', undefined]);
  for (const model of ['b', 'c', 'd', 'e']) await gate.open(model);
  await prepared;
  expect(rows().map(({ phase }) => phase)).toEqual(models.map(() => 'done'));
  expect(setup.gpuTask('b')?.card.id).toBe('b');
  for (const model of models) await gate.open(model);
});

test('takes who works on the processor meanwhile to the GPU at the first engine that is ready', async () => {
  const gate = gates();
  const { setup, store } = await manyModels(1, (call, id) => (call === 'refit' ? gate.wait(id.model) : undefined));
  await setup.start();
  const prepared = setup.prepare();
  setup.continueSetup();
  expect(store.get().setup).toMatchObject({ device: { kind: 'cpu', reason: { code: 'GPU_PREPARING' } } });
  await gate.open('a');
  await expect.poll(() => store.get().setup).toMatchObject({ device: { kind: 'gpu' } });
  for (const model of ['b', 'c', 'd', 'e']) await gate.open(model);
  await prepared;
  for (const model of models) await gate.open(model);
});

/** The calls until a model was said to be ready. */
function callsUntilReady({ store, seen }: Awaited<ReturnType<typeof manyModels>>, model: string): string[] {
  const calls: string[] = [];
  store.subscribe(({ event }) => {
    if (event.kind !== 'row' || event.row.model !== model || event.row.phase !== 'done') return;
    if (calls.length === 0) calls.push(...seen.calls);
  });
  return calls;
}

test('makes the chosen tool’s engine where jobs find its session, and says so before it is written', async () => {
  const gate = gates();
  const many = await manyModels(1, (call, _, host) => (call === 'keep' && host === 0 ? gate.wait('b') : undefined));
  const { setup } = many;
  await setup.start();
  setup.chooseTool('b');
  const calls = callsUntilReady(many, 'b');
  const prepared = setup.prepare();
  await expect.poll(() => calls.filter((call) => call.startsWith('0 ') && call.endsWith(' b'))).toContain('0 keep b');
  expect(calls).not.toContain('0 release b');
  setup.continueSetup();
  expect(setup.gpuTask('b')?.card.id).toBe('b');
  await gate.open('b');
  await prepared;
});

test('has the session of a tool that is chosen meanwhile open before it says that it is ready', async () => {
  const gate = gates();
  const many = await manyModels(1, (call, id) => (call === 'refit' && id.model === 'a' ? gate.wait('a') : undefined));
  const { setup } = many;
  await setup.start();
  const calls = callsUntilReady(many, 'b');
  const prepared = setup.prepare();
  await expect.poll(gate.at).toEqual(['a']);
  setup.chooseTool('b');
  await gate.open('a');
  await expect.poll(() => calls).toContain('0 openGpu b');
  await prepared;
  await gate.open('a');
});

test('lets the files go that were read for the tool chosen before, while no job can have it open', async () => {
  const { setup, seen } = await manyModels(2);
  await setup.start();
  await expect.poll(() => seen.calls).toContain('0 warm a');
  setup.chooseTool('b');
  await setup.prepare();
  const own = seen.calls.filter((call) => /^0 (release|refit) /.test(call));
  expect(own).toEqual(['0 release a', '0 refit b']);
  await setup.settled();
});

test('has each process read the files of the model that it makes first', async () => {
  const gate = gates();
  let isHeld = true;
  // A process that is quicker than the jobs' one would take its next model from it.
  const { setup, seen } = await manyModels(3, (call, id) =>
    isHeld && call === 'refit' && ['b', 'c'].includes(id.model) ? gate.wait(id.model) : undefined,
  );
  await setup.start();
  await expect.poll(() => seen.calls.filter((call) => call.includes(' warm ')).length).toBe(4);
  const prepared = setup.prepare();
  const firstOf = (verb: string): Record<string, string> => {
    const all = seen.calls.map((call) => call.split(' ')).filter(([, call]) => call === verb);
    return Object.fromEntries(all.reverse().map(([host = '', , model = '']) => [host, model]));
  };
  await expect.poll(() => firstOf('verify')).toEqual(firstOf('warm'));
  isHeld = false;
  await Promise.all([gate.open('b'), gate.open('c'), prepared]);
  await setup.settled();
});

test('goes on in a process of its own with the model that the process of the jobs died of', async () => {
  const { setup, seen, rows } = await manyModels(2, (call, _, host) =>
    call === 'refit' && host === 0 ? died() : undefined,
  );
  await setup.start();
  await setup.prepare();
  expect(seen.calls.filter((call) => / refit a$/.test(call))).toEqual(['0 refit a', expect.stringMatching(/^[12] /)]);
  expect(rows().map(({ phase }) => phase)).toEqual(models.map(() => 'done'));
});

test('times nothing before every model has a good engine, then takes the fastest', async () => {
  const { setup, seen, rows } = await manyModels(2);
  await setup.start();
  await setup.prepare();
  expect(seen.calls.filter((call) => call.includes(' time '))).toEqual([]);
  setup.continueSetup();
  expect(setup.gpuTask('a')?.cudaGraph).toBe(false);
  await setup.settled();
  expect(models.map((model) => setup.gpuTask(model)?.cudaGraph)).toEqual(models.map(() => true));
  expect(rows()).toMatchObject(models.map(() => ({ phase: 'done', timed: 2 })));
});

test('leaves a running job its session, and swaps the faster plan in once it has ended', async () => {
  const { setup, seen } = await manyModels(2);
  await setup.start();
  await setup.prepare();
  setup.continueSetup();
  let end: () => void = () => {};
  const job = setup.withGpu(
    () =>
      new Promise<void>((resolve) => {
        end = resolve;
      }),
  );
  const settled = setup.settled();
  await ticks(30);
  expect(seen.calls.filter((call) => / time | 0 release /.test(call))).toEqual([]);
  expect(setup.gpuTask('a')?.cudaGraph).toBe(false);
  end();
  await job;
  await settled;
  expect(seen.calls).toContain('0 release a');
  expect(setup.gpuTask('a')?.cudaGraph).toBe(true);
});

test('races nothing between the pictures of a queue', async () => {
  const { setup, seen } = await manyModels(2);
  await setup.start();
  await setup.prepare();
  setup.continueSetup();
  for (let i = 0; i < 10; i++) {
    await setup.withGpu(async () => {});
    await setTimeout(20);
  }
  expect(seen.calls.filter((call) => call.includes(' time '))).toEqual([]);
  await setup.settled();
  expect(seen.calls.filter((call) => call.includes(' time '))).not.toEqual([]);
});

test('keeps the first good engine where the race fails', async () => {
  const { setup, seen } = await manyModels(2, (call) => (call === 'time' ? died() : undefined));
  await setup.start();
  await setup.prepare();
  setup.continueSetup();
  await setup.settled();
  expect(setup.gpuTask('a')?.cudaGraph).toBe(false);
  expect(seen.log.some((line) => line.startsWith('a stays as it is'))).toBe(true);
});

test('goes on with the race of an earlier start that was cut off', async () => {
  const winner = { profile: 'tile32', target: 'portable', cudaGraph: false } as const;
  const cut = { winner, rows: [{ ...winner, result: { kind: 'skipped', reason: 'not timed yet' } }] };
  const { setup, store } = await manyModels(2, (call) => (call === 'lookUp' ? { kind: 'hit', race: cut } : undefined));
  await setup.start();
  expect(store.get().setup).toMatchObject({ kind: 'ready', device: { kind: 'gpu' } });
  await setup.settled();
  expect(setup.gpuTask('d')?.cudaGraph).toBe(true);
});

test('costs one model only where its preparation crashes again and again', async () => {
  const { setup, rows } = await manyModels(2, (call, id) =>
    call === 'refit' && id.model === 'b' ? died() : undefined,
  );
  await setup.start();
  await setup.prepare();
  expect(rows().map(({ phase }) => phase)).toEqual(['done', 'failed', 'done', 'done', 'done']);
});

test('makes again in the process of the jobs what could not be kept', async () => {
  const full = () => {
    throw new ReportedError(new AppError('CACHE_FULL', { neededBytes: 1 }).toReport());
  };
  const { setup, seen, rows } = await manyModels(2, (call) => (call === 'keep' ? full() : undefined));
  await setup.start();
  await setup.prepare();
  await setup.settled();
  expect(models.every((model) => seen.calls.includes(`0 refit ${model}`))).toBe(true);
  expect(rows()).toMatchObject(models.map(() => ({ phase: 'done', notKept: { code: 'CACHE_FULL' } })));
  expect(seen.calls.filter((call) => call.includes(' time '))).toEqual([]);
});

const ticks = async (count: number): Promise<void> => {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
};

test('whatever is chosen, crashes and runs beside it, each model ends ready or with its reason', async () => {
  const outcome = fc.constantFrom('well', 'well', 'well', 'died', 'failed');
  const step = fc.record({ ticks: fc.nat(4), outcome });
  // One for all runs: their writing and signing takes longer than what is asked here.
  const shipment = exampleShipment(models);
  const action = fc.record({ after: fc.nat(12), tool: fc.constantFrom(...models), job: fc.nat(6) });
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 4 }),
      fc.array(step, { minLength: 1, maxLength: 40 }),
      fc.array(action, { maxLength: 8 }),
      async (atOnce, steps, actions) => {
        const busy = new Map<HostCall | 'job', number>();
        const faults: string[] = [];
        const during = async <T>(what: HostCall | 'job', work: () => Promise<T>): Promise<T> => {
          busy.set(what, (busy.get(what) ?? 0) + 1);
          const others = (['refit', 'check', 'time', 'job'] as const).reduce((sum, k) => sum + (busy.get(k) ?? 0), 0);
          if ((busy.get('time') ?? 0) > 0 && others > 1) faults.push(`${what} beside timing`);
          try {
            return await work();
          } finally {
            busy.set(what, (busy.get(what) ?? 1) - 1);
          }
        };
        let at = 0;
        const takenAt = new Map<string, number>();
        const chosenAt: { tool: string; at: number }[] = [];
        const { setup, store, seen, rows } = await manyModels(
          atOnce,
          async (call, id, host) => {
            const taken = seen.takenAt.get(host);
            if (call === 'lookUp' && taken !== undefined && !takenAt.has(id.model)) takenAt.set(id.model, taken);
            if (!['refit', 'check', 'time', 'keep'].includes(call)) return undefined;
            const { ticks: long, outcome: how } = steps[at++ % steps.length] ?? { ticks: 0, outcome: 'well' };
            return during(call, async () => {
              await ticks(long);
              if (how === 'died') died();
              if (how === 'failed' && call === 'check')
                throw new ReportedError(new AppError('PLAN_WRONG', { model: id.model }).toReport());
              return undefined;
            });
          },
          shipment,
        );
        await setup.start();
        const prepared = setup.prepare();
        for (const { after, tool, job } of actions) {
          await ticks(after);
          setup.chooseTool(tool);
          chosenAt.push({ tool, at: ++seen.clock });
          setup.continueSetup();
          await setup.withGpu(() => during('job', () => ticks(job)));
        }
        await prepared;
        await setup.settled();
        setup.continueSetup();
        for (const [i, { tool, at }] of chosenAt.entries()) {
          const until = chosenAt[i + 1]?.at ?? Number.POSITIVE_INFINITY;
          const taken = [...takenAt].filter(([, when]) => when > at && when < until).sort((a, b) => a[1] - b[1]);
          const isWaiting = (takenAt.get(tool) ?? 0) > at;
          if (isWaiting && taken[0] && taken[0][0] !== tool) faults.push(`${taken[0][0]} before ${tool}`);
        }
        expect(faults).toEqual([]);
        expect(seen.mostAtOnce).toBeLessThanOrEqual(atOnce);
        const { setup: end } = store.get();
        expect(['ready']).toContain(end.kind);
        for (const row of rows()) {
          expect(['done', 'failed']).toContain(row.phase);
          expect(setup.gpuTask(row.model) !== undefined).toBe(row.phase === 'done');
          if (row.phase === 'failed') expect(row.reason.code).not.toBe('INTERNAL');
        }
      },
    ),
    { numRuns: 20 },
  );
});
