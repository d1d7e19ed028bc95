import { expect, test, vi } from 'vitest';
import { AppError } from '../../app/errors';
import type { Gpu } from '../../app/machine';
import type { Preference } from '../../app/preference';
import type { GpuFacts } from '../../app/states';
import type { GpuTask } from '../../host/protocol';
import { exampleCard } from '../example.fixture';
import type { Host } from '../hosts/host';
import { createStore } from '../store';
import { createOtherCards } from './otherCards';
import type { Setup } from './setup';

const cards = [exampleCard('photo'), { ...exampleCard('part'), partOf: 'photo' }];
const gpu = (uuid: string): Gpu => ({ uuid, name: uuid }) as Gpu;
const job = { jobId: 1, finished: [] } as unknown as Parameters<
  ReturnType<ReturnType<typeof createOtherCards>['serving']>[number]['runTiles']
>[1];

/** A machine with three cards that serve, of which the first is chosen. */
function machine(preference: Preference) {
  const store = createStore();
  const facts = { gpu: gpu('chosen') } as GpuFacts;
  const rows = ['chosen', 'second', 'third'].map((uuid) => ({ gpu: gpu(uuid), serves: uuid !== 'third' }));
  store.emit({ kind: 'preference', preference });
  store.emit({ kind: 'gpus', gpus: { rows, merit: null } });
  store.emit({ kind: 'ready', device: { kind: 'gpu', facts, rows: [] } });
  const happened: string[] = [];
  /** Networks that the other card has an engine of. */
  const made: string[] = [];
  const answers: Record<string, unknown> = { openGpu: null, infer: { kind: 'done' } };
  const others = createOtherCards({
    store,
    shipped: { cards },
    open: (uuid) => {
      happened.push(`open ${uuid}`);
      const own = createStore();
      const host = {
        call: async (call: string) => {
          happened.push(call);
          if (answers[call] instanceof Error) throw answers[call];
          return answers[call];
        },
        stop: () => happened.push('stop'),
      } as unknown as Host;
      const setup = {
        chooseTool: () => {},
        start: async () => {
          own.emit({ kind: 'detect' });
          own.emit({ kind: 'found', facts, engines: [] });
        },
        fallBack: () => happened.push('prepares no more'),
        prepare: async () => void happened.push('prepare'),
        continueSetup: () => own.emit({ kind: 'ready', device: { kind: 'gpu', facts, rows: [] } }),
        withGpu: <T>(work: () => Promise<T>) => work(),
        gpuTask: (id: string) =>
          made.includes(id)
            ? ({ card: { id, onnx: {} }, entry: {}, profile: {}, identity: {} } as unknown as GpuTask)
            : undefined,
      } as unknown as Setup;
      return { store: own, setup, host };
    },
    log: () => {},
  });
  return { store, others, happened, made, answers };
}

const automatic: Preference = { gpu: null, upTo: 'gpu' };
const shared: Preference = { ...automatic, sharesQueue: true };

test('no other card is touched unless the person wants it', () => {
  const { others, happened } = machine(automatic);
  expect(others.serving('photo')).toEqual([]);
  expect(happened).toEqual([]);
});

test('every other card that engines serve is prepared once, and serves a tool with all of its networks', async () => {
  const { others, happened, made } = machine(shared);
  let changes = 0;
  others.onChange(() => changes++);
  expect(others.serving('photo')).toEqual([]);
  await vi.waitFor(() => expect(changes).toBe(1));
  expect(others.serving('photo')).toEqual([]);
  expect(happened).toEqual(['open second', 'prepare']);

  made.push('photo');
  expect(others.serving('photo')).toEqual([]);
  made.push('part');
  expect(others.serving('photo').map(({ uuid }) => uuid)).toEqual(['second']);
});

test('a card that fails serves nothing from then on', async () => {
  const { others, happened, made, answers } = machine(shared);
  made.push('photo', 'part');
  const [card] = others.serving('photo');
  answers.infer = new AppError('OUT_OF_VRAM', { model: 'photo' });
  await expect(card?.runTiles(exampleCard('photo'), job)).rejects.toThrow();
  expect(others.serving('photo')).toEqual([]);
  expect(happened.filter((each) => each.startsWith('open '))).toEqual(['open second']);
  expect(happened.slice(-2)).toEqual(['prepares no more', 'stop']);
});

test.each<[string, Preference]>([
  ['does not want it any more', automatic],
  ['wants the processor', { ...shared, upTo: 'cpu' }],
])('the process of the other card ends where the person %s', (_, preference) => {
  const { store, others, happened, made } = machine(shared);
  made.push('photo', 'part');
  expect(others.serving('photo')).toHaveLength(1);
  store.emit({ kind: 'preference', preference });
  expect(happened.slice(-2)).toEqual(['prepares no more', 'stop']);
  expect(others.serving('photo')).toEqual([]);
});
