import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test, vi } from 'vitest';
import { AppError } from '../../app/errors';
import type { Setup } from '../../app/states';
import type { HostCall } from '../../host/protocol';
import { exampleCard, temporaryFolder } from '../example.fixture';
import type { Host } from '../hosts/host';
import { createStore } from '../store';
import { createWebgpu } from './webgpu';

const whole = { flow: { kind: 'whole', fit: 'stretch' } } as const;
const cards = [exampleCard('photo'), exampleCard('read', whole), exampleCard('lines', { ...whole, partOf: 'read' })];
const noGpu: Setup = { kind: 'ready', device: { kind: 'cpu', reason: new AppError('GPU_NONE', {}).toReport() } };

interface Told {
  /** Pixels a second. */
  speeds?: { webgpu: number; cpu: number };
  open?: () => Promise<unknown>;
  file?: string;
  machine?: string;
}

/** WebGPU over hosts that answer as they are told. */
async function bench({
  speeds = { webgpu: 20, cpu: 2 },
  open = async () => ({}),
  file,
  machine = 'a card',
}: Told = {}) {
  const store = createStore();
  const asked: string[] = [];
  const stop = vi.fn();
  const renew = vi.fn();
  const host = (device: 'webgpu' | 'cpu') => ({
    call: async (call: HostCall, args: { model: string }) => {
      asked.push(`${call} ${args.model}`);
      if (call === 'openWebgpu') return open();
      return call === 'timeOnnx' ? { latencyMs: 1, usefulPerSecond: speeds[device] } : null;
    },
    stop,
    forgive: () => {},
    renew,
  });
  const kept = file ?? path.join(await temporaryFolder(), 'webgpu.json');
  const webgpu = createWebgpu({
    store,
    hosts: { webgpu: host('webgpu') as unknown as Host, cpu: host('cpu') as unknown as Host },
    shipped: { cards },
    file: kept,
    machine: async () => machine,
    log: () => {},
  });
  const row = (model: string) => store.get().webgpu.find((each) => each.model === model);
  const decided = (model: string) => vi.waitFor(() => expect(row(model)?.kind).toMatch(/serves|refused/));
  return { store, webgpu, asked, stop, renew, row, decided, file: kept };
}

test('serves a tool that is right and faster than the processor, and says by how much', async () => {
  const { store, webgpu, row, decided } = await bench();
  store.emit({ kind: 'ready', device: noGpu.device });
  webgpu.consider('photo');
  expect(webgpu.serves('photo')).toBe(false);
  await decided('photo');
  expect(row('photo')).toEqual({ model: 'photo', kind: 'serves', times: 10, perSecond: 20 });
  expect(webgpu.serves('photo')).toBe(true);
});

test('refuses one that is slower than the processor, and says by how much', async () => {
  const { store, webgpu, row, decided } = await bench({ speeds: { webgpu: 1, cpu: 2 } });
  store.emit({ kind: 'ready', device: noGpu.device });
  webgpu.consider('photo');
  await decided('photo');
  expect(row('photo')).toMatchObject({ kind: 'refused', reason: { code: 'WEBGPU_SLOW', params: { times: 2 } } });
  expect(webgpu.serves('photo')).toBe(false);
});

test('asks for no time of the processor where the golden picture was wrong', async () => {
  const open = () => Promise.reject(new AppError('WEBGPU_WRONG', { model: 'photo' }));
  const { store, webgpu, asked, renew, row, decided } = await bench({ open });
  store.emit({ kind: 'ready', device: noGpu.device });
  webgpu.consider('photo');
  await decided('photo');
  expect(row('photo')).toMatchObject({ kind: 'refused', reason: { code: 'WEBGPU_WRONG' } });
  expect(asked).toEqual(['openWebgpu photo']);
  // The process is let go of, with its memory.
  expect(renew).toHaveBeenCalledOnce();
});

test('ends a process that does not get a network open in time', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const { store, webgpu, asked, stop, row } = await bench({ open: () => new Promise(() => {}) });
  store.emit({ kind: 'ready', device: noGpu.device });
  webgpu.consider('photo');
  while (asked.length === 0) await new Promise((resolve) => setImmediate(resolve));
  vi.advanceTimersByTime(40_000);
  vi.useRealTimers();
  await vi.waitFor(() =>
    expect(row('photo')).toMatchObject({ reason: { code: 'WEBGPU_SLOW', params: { times: null } } }),
  );
  expect(stop).toHaveBeenCalledOnce();
});

test('serves a tool only with all of its networks', async () => {
  const { store, webgpu, decided } = await bench();
  store.emit({ kind: 'ready', device: noGpu.device });
  webgpu.consider('read');
  await decided('read');
  await decided('lines');
  expect(webgpu.serves('read')).toBe(true);
  webgpu.failed('lines', new AppError('GPU_FAULT', { model: 'lines' }).toReport());
  expect(webgpu.serves('read')).toBe(false);
});

test('leaves the GPU alone while engines are made for it', async () => {
  const { store, webgpu, asked, decided } = await bench();
  store.emit({ kind: 'ready', device: { kind: 'cpu', reason: new AppError('GPU_PREPARING', {}).toReport() } });
  webgpu.consider('photo');
  expect(asked).toEqual([]);
  // What was wanted then is not forgotten.
  store.emit({ kind: 'ready', device: noGpu.device });
  await decided('photo');
});

test('asks once where no graphics card answers at all', async () => {
  const { store, webgpu, asked, decided } = await bench({
    open: () => Promise.reject(new AppError('WEBGPU_NONE', {})),
  });
  store.emit({ kind: 'ready', device: noGpu.device });
  webgpu.consider('photo');
  webgpu.consider('read');
  await decided('lines');
  expect(asked).toEqual(['openWebgpu photo']);
});

test('remembers what it measured, for this machine alone', async () => {
  const first = await bench();
  first.store.emit({ kind: 'ready', device: noGpu.device });
  first.webgpu.consider('photo');
  await first.decided('photo');
  const { file } = first;
  const again = await bench({ file, speeds: { webgpu: 1, cpu: 2 } });
  again.store.emit({ kind: 'ready', device: noGpu.device });
  again.webgpu.consider('photo');
  await again.decided('photo');
  // The golden picture is looked at all the same.
  expect(again.asked).toEqual(['openWebgpu photo']);
  expect(again.row('photo')).toMatchObject({ kind: 'serves', times: 10 });
  const other = await bench({ file, machine: 'another card' });
  other.store.emit({ kind: 'ready', device: noGpu.device });
  other.webgpu.consider('photo');
  await other.decided('photo');
  expect(other.asked).toContain('timeOnnx photo');
});

test('does not remember what may be otherwise tomorrow', async () => {
  const { store, webgpu, decided, file } = await bench({
    open: () => Promise.reject(new AppError('OUT_OF_VRAM', { model: 'photo' })),
  });
  store.emit({ kind: 'ready', device: noGpu.device });
  webgpu.consider('photo');
  await decided('photo');
  await expect(readFile(file)).rejects.toMatchObject({ code: 'ENOENT' });
});

test('takes the processor’s speed from a job that is at work on it', async () => {
  const { store, webgpu, asked, row, decided } = await bench();
  store.emit({ kind: 'ready', device: noGpu.device });
  const job = { kind: 'running', id: 1, model: 'photo', device: 'cpu', total: 9 } as const;
  store.emit({ kind: 'job', job: { ...job, done: 0, elapsedMs: 0 } });
  webgpu.consider('photo');
  await vi.waitFor(() => expect(asked).toContain('timeOnnx photo'));
  expect(row('photo')?.kind).toBe('trying');
  store.emit({ kind: 'job', job: { ...job, done: 3, elapsedMs: 1e9 } });
  await decided('photo');
  expect(row('photo')?.kind).toBe('serves');
  expect(asked.filter((call) => call.startsWith('timeOnnx'))).toHaveLength(1);
});

test('asks anew, in another process, where the person wants it on another maker’s card', async () => {
  const { store, webgpu, asked, renew, decided, row } = await bench();
  store.emit({ kind: 'ready', device: noGpu.kind === 'ready' ? noGpu.device : (undefined as never) });
  webgpu.consider('photo');
  await decided('photo');
  const job = { kind: 'running', id: 1, model: 'photo', done: 1, total: 9, elapsedMs: 1 } as const;
  store.emit({ kind: 'job', job: { ...job, device: 'webgpu' } });
  asked.length = 0;
  store.emit({ kind: 'preference', preference: { gpu: null, upTo: 'gpu', maker: 'amd' } });
  expect([webgpu.serves('photo'), row('photo')?.kind]).toEqual([false, 'trying']);
  await new Promise((resolve) => setImmediate(resolve));
  // The job leaves first.
  expect([renew.mock.calls.length, asked]).toEqual([0, []]);
  store.emit({ kind: 'job', job: { ...job, device: 'cpu', done: 9 } });
  await decided('photo');
  expect([renew.mock.calls.length, asked[0], webgpu.serves('photo')]).toEqual([1, 'openWebgpu photo', true]);
});
