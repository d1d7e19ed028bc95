import { beforeEach, expect, test } from 'vitest';
import type { GpuFacts, PrepareRow } from '../../app/states';
import type { Setup } from '../setup/setup';
import { createStore, type Store } from '../store';
import { haveEngines } from './engines';

const facts = {} as GpuFacts;
const row = (model: string, phase: 'waiting' | 'done' | 'cached' | 'failed'): PrepareRow =>
  ({ model, onnxBytes: 1, phase }) as PrepareRow;
const wanted = { tools: ['read', 'photo'], networks: ['read', 'lines', 'photo'] };
const forEver = new Promise<void>(() => {});

let store: Store;
let told: string[];
let served: string[];
beforeEach(() => {
  store = createStore();
  told = [];
  served = [];
});

/** @param start, prepare what they do, beside being told. */
const setupOf = (start: () => Promise<void>, prepare = async (): Promise<void> => {}) =>
  ({
    start,
    chooseTool: (tool: string) => void told.push(`choose ${tool}`),
    prepare: () => {
      told.push('prepare');
      return prepare();
    },
    continueSetup: () => void told.push('continue'),
    gpuTask: (network: string) => (served.includes(network) ? {} : undefined),
  }) as unknown as Setup;
const have = (setup: Setup) => haveEngines(setup, store, wanted, () => void told.push('preparing'));
const find = async (): Promise<void> => {
  store.emit({ kind: 'detect' });
  store.emit({ kind: 'found', facts, engines: [] });
};

test('prepares where nothing is kept, the first tool first, and has them used', async () => {
  await have(setupOf(find));
  expect(told).toEqual(['choose read', 'preparing', 'prepare', 'continue']);
});

test('waits for no other network than those of its tools', async () => {
  const prepare = async (): Promise<void> => {
    const rows = [row('read', 'done'), row('lines', 'waiting'), row('photo', 'failed'), row('other', 'waiting')];
    store.emit({ kind: 'preparing', facts, rows });
    told.push('half');
    store.emit({ kind: 'row', row: row('lines', 'done') });
    await forEver;
  };
  await have(setupOf(find, prepare));
  expect(told.slice(-2)).toEqual(['half', 'continue']);
});

test('begins at once where all of its networks are kept, whatever else is still made', async () => {
  served = wanted.networks;
  const start = async (): Promise<void> => {
    store.emit({ kind: 'ready', device: { kind: 'gpu', facts, rows: [row('other', 'waiting')] } });
    await forEver;
  };
  await have(setupOf(start));
  expect(told).toEqual(['choose read']);
});

test('waits for what is made behind a start where one of its networks is missing', async () => {
  const start = async (): Promise<void> => {
    store.emit({ kind: 'ready', device: { kind: 'gpu', facts, rows: [row('lines', 'waiting')] } });
    told.push('started');
    served = wanted.networks;
    store.emit({ kind: 'row', row: row('lines', 'done') });
    await forEver;
  };
  await have(setupOf(start));
  expect(told).toEqual(['choose read', 'started']);
});

test('prepares nothing where no GPU serves', async () => {
  const start = async (): Promise<void> =>
    store.emit({ kind: 'ready', device: { kind: 'cpu', reason: { code: 'DRIVER_MISSING', params: {}, detail: '' } } });
  await have(setupOf(start));
  expect(told).toEqual(['choose read']);
});
