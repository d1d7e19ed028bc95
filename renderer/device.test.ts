import { describe, expect, test } from 'vitest';
import { AppError, type ErrorReport } from '../app/errors';
import { exampleGpu } from '../app/example.fixture';
import { automatic } from '../app/preference';
import type { Runner } from '../app/runner';
import type { GpuFacts, Job, PrepareRow, Setup, WebgpuRow } from '../app/states';
import { type Devices, deviceAtWork, deviceFor } from './device';

const reason = new AppError('REFIT_FAILED', { model: 'b' }).toReport();
const facts: GpuFacts = {
  gpu: exampleGpu,
  driver: { version: null, cudaVersion: 13000 },
  runtime: 'tensorrt-rtx 1.6.1',
};
const gpu: Devices = {
  preference: automatic,
  webgpu: [],
  setup: {
    kind: 'ready',
    device: {
      kind: 'gpu',
      facts,
      rows: [
        { model: 'a', onnxBytes: 1, phase: 'cached' },
        { model: 'b', onnxBytes: 1, phase: 'failed', reason },
      ],
    },
  },
};

test('says the GPU for a tool that it serves', () => expect(deviceFor(gpu, ['a'])).toEqual({ kind: 'gpu', facts }));

test('says the processor and why for a tool whose engine failed', () => {
  expect(deviceFor(gpu, ['b'])).toEqual({ kind: 'cpu', scope: 'tool', reason });
});

test('does not claim the GPU for a tool that got no engine', () => {
  expect(deviceFor(gpu, ['c'])).toEqual({ kind: 'cpu', scope: 'tool', reason: null });
});

test('says the processor for a tool one of whose parts has no engine', () => {
  expect(deviceFor(gpu, ['a', 'b'])).toEqual({ kind: 'cpu', scope: 'tool', reason });
});

test('says the processor for every tool where no GPU serves', () => {
  const setup: Setup = { kind: 'ready', device: { kind: 'cpu', reason } };
  expect(deviceFor({ preference: automatic, setup, webgpu: [] }, ['a'])).toEqual({ kind: 'cpu', scope: 'all', reason });
});

test('says nothing before it is decided', () =>
  expect(deviceFor({ preference: automatic, setup: { kind: 'detecting' }, webgpu: [] }, ['a'])).toBeNull());

test('says the processor for a tool whose engine is still made, and the GPU once it is', () => {
  const at = (row: PrepareRow): Devices => ({
    preference: automatic,
    setup: { kind: 'ready', device: { kind: 'gpu', facts, rows: [row] } },
    webgpu: [],
  });
  const row = { model: 'a', onnxBytes: 1 };
  expect(deviceFor(at({ ...row, phase: 'checking' }), ['a'])).toMatchObject({
    ...{ kind: 'cpu', scope: 'preparing' },
    reason: { code: 'GPU_PREPARING' },
  });
  expect(deviceFor(at({ ...row, phase: 'cached' }), ['a'])).toMatchObject({ kind: 'gpu' });
});

describe('while a job runs', () => {
  const job = (device: 'gpu' | 'cpu', setback?: ErrorReport): Job => ({
    kind: 'running',
    id: 1,
    model: 'a',
    device,
    done: 1,
    total: 9,
    elapsedMs: 0,
    ...(setback && { setback }),
  });

  test('says the processor for one that began before the GPU was ready', () => {
    expect(deviceAtWork(gpu, ['a'], job('cpu'))).toEqual({ kind: 'cpu', scope: 'job', reason: null });
  });

  test('says what drove a job off the GPU', () => {
    const full = new AppError('OUT_OF_VRAM', { model: 'a' }).toReport();
    expect(deviceAtWork(gpu, ['a'], job('cpu', full))).toEqual({ kind: 'cpu', scope: 'job', reason: full });
  });

  test('does not give the death of the processor’s own process as the reason', () => {
    const died = new AppError('HOST_DIED', {}).toReport();
    expect(deviceAtWork(gpu, ['a'], job('cpu', died))).toEqual({ kind: 'cpu', scope: 'job', reason: null });
  });

  test('says the GPU for one that is still on it', () => {
    expect(deviceAtWork(gpu, ['b'], job('gpu'))).toEqual({ kind: 'gpu', facts });
  });

  test('says the processor and why where no GPU serves', () => {
    const setup: Setup = { kind: 'ready', device: { kind: 'cpu', reason } };
    expect(deviceAtWork({ preference: automatic, setup, webgpu: [] }, ['a'], job('cpu'))).toEqual({
      kind: 'cpu',
      scope: 'all',
      reason,
    });
  });
});

test('says the chosen tool’s device where none runs', () => {
  expect(deviceAtWork(gpu, ['a'], { kind: 'idle' })).toEqual({ kind: 'gpu', facts });
});

describe('WebGPU', () => {
  const serves = (model: string, times: number): WebgpuRow => ({ model, kind: 'serves', times, perSecond: 1 });
  const setup: Setup = { kind: 'ready', device: { kind: 'cpu', reason } };
  const job = (device: 'webgpu' | 'cpu', setback?: ErrorReport): Job => ({
    kind: 'running',
    id: 1,
    model: 'a',
    device,
    done: 0,
    total: 2,
    elapsedMs: 0,
    ...(setback && { setback }),
  });

  test('is said of a tool whose networks all run on it, as fast as the slowest', () => {
    const devices = { preference: automatic, setup, webgpu: [serves('a', 14), serves('b', 3)] };
    expect(deviceFor(devices, ['a', 'b'])).toEqual({ kind: 'webgpu', times: 3, reason });
  });

  test('is not said where it serves one of two networks', () => {
    const webgpu: WebgpuRow[] = [serves('a', 14), { model: 'b', kind: 'refused', reason }];
    expect(deviceFor({ preference: automatic, setup, webgpu }, ['a', 'b'])).toEqual({
      kind: 'cpu',
      scope: 'all',
      reason,
    });
  });

  test('takes the place of an engine that failed', () => {
    expect(deviceFor({ ...gpu, webgpu: [serves('b', 5)] }, ['b'])).toEqual({ kind: 'webgpu', times: 5, reason });
  });

  test('is left by a job that it failed', () => {
    const lost = new AppError('OUT_OF_VRAM', { model: 'a' }).toReport();
    const devices = { preference: automatic, setup, webgpu: [serves('a', 14)] };
    expect(deviceAtWork(devices, ['a'], job('cpu', lost))).toEqual({ kind: 'cpu', scope: 'job', reason: lost });
  });
});

describe('what the person chose', () => {
  const serves: WebgpuRow = { model: 'a', kind: 'serves', times: 14, perSecond: 1 };
  const upTo = (runner: Runner, webgpu: WebgpuRow[] = []): Devices => ({
    ...gpu,
    webgpu,
    preference: { gpu: null, upTo: runner },
  });
  const job: Job = { kind: 'running', id: 1, model: 'a', device: 'webgpu', done: 1, total: 9, elapsedMs: 0 };

  test('is the processor, whatever serves the tool', () => {
    expect(deviceFor(upTo('cpu', [serves]), ['a'])).toEqual({ kind: 'cpu', scope: 'chosen', reason: null });
  });

  test('is WebGPU, which nothing kept from TensorRT', () => {
    expect(deviceFor(upTo('webgpu', [serves]), ['a'])).toEqual({ kind: 'webgpu', times: 14, reason: null });
  });

  test('is WebGPU, which does not serve the tool, and why', () => {
    const refused: WebgpuRow = { model: 'a', kind: 'refused', reason };
    expect(deviceFor(upTo('webgpu', [refused]), ['a'])).toEqual({ kind: 'cpu', scope: 'chosen', reason });
  });

  test('is not said of a job that has not left the device before', () => {
    expect(deviceAtWork(upTo('cpu', [serves]), ['a'], job)).toMatchObject({ kind: 'webgpu' });
    expect(deviceAtWork(upTo('cpu'), ['a'], { ...job, device: 'gpu' })).toMatchObject({ kind: 'gpu' });
  });
});
