import { expect, test, vi } from 'vitest';
import { exampleRace } from './example.fixture';
import { HostMessages } from './hostMessages';
import type { HostCall, HostCalls } from './hostProtocol';
import { slots } from './spool';

const parse = (message: unknown, call?: HostCall) => new HostMessages().parse(message, () => call);
const rect = { x: 0, y: 0, width: 2, height: 2 };
const tile = (changes: object = {}) => ({
  kind: 'event',
  event: 'tile',
  data: { jobId: 1, done: 1, total: 4, rect, pixels: { kind: 'slot', slot: 0 }, ...changes },
});
const output = { name: 'o', dtype: 'float32', shape: [1, 2], bytes: new Uint8Array(8) };

const facts = { deserializeMs: 0.5, contextMs: 12.5, vramBytes: 9e9, kernelsUsed: false };
const times = { deserializeMs: 1.5, refitMs: 2, serializeMs: 3, writeMs: 0 };
const put = { weights: 7, weightBytes: 70, planBytes: 100 };
const honest: { [C in HostCall]?: HostCalls[C]['result'][] } = {
  detect: [
    {
      driver: { kind: 'known', value: { version: null, cudaVersion: 13000 } },
      gpus: { kind: 'unknown', reason: 'none' },
      runtime: { kind: 'known', value: 'tensorrt-rtx 1.6.1' },
      parser: { kind: 'known', value: '/lib/p.so' },
    },
  ],
  lookUp: [
    { kind: 'hit', race: exampleRace },
    { kind: 'absent' },
    { kind: 'absent', changed: true },
    { kind: 'damaged', detail: 'd' },
  ],
  verify: [
    { engineBytes: 1, onnxBytes: 2 },
    { engineBytes: 1, onnxBytes: 2, kernelsRefused: 'old' },
  ],
  refit: [{ ...put, ...times, sources: ['first.weight'] }],
  check: [{ passed: true, maxAbsError: 0.25, detail: '', ...facts }],
  time: [{ kind: 'timed', latencyMs: 0.4, tilesPerSecond: 2400.5, usefulPerSecond: 1e9 }],
  openGpu: [facts],
  update: [
    { kind: 'updated', figures: { by: 'tensors', ...put, refitMs: 1, serializeMs: 1, elapsedMs: 9, ...facts } },
    { kind: 'absent', why: 'absent' },
  ],
  compare: [[[{ name: 'o', shape: [1], bytes: new Uint8Array(1) }], []]],
  infer: [{ kind: 'done' }, { kind: 'cancelled' }, { kind: 'spoolFailed' }],
  keep: [null],
};

test.each(Object.entries(honest))('takes what an honest host answers to %s', (call, values) => {
  for (const value of values)
    expect(parse({ kind: 'result', id: 1, value }, call as HostCall)).toEqual({ kind: 'result', id: 1, value });
});

test('hands a tile on as it came, its pixels not copied', () => {
  const rgb = new Uint8Array(12);
  const said = parse(tile({ pixels: { kind: 'bytes', rgb } }));
  expect(said).toEqual(tile({ pixels: { kind: 'bytes', rgb } }));
  if (said.kind === 'event' && said.event === 'tile' && said.data.pixels.kind === 'bytes')
    expect(said.data.pixels.rgb).toBe(rgb);
});

test.each([
  ['a slot that is none', { pixels: { kind: 'slot', slot: slots } }],
  ['a slot of another kind', { pixels: { kind: 'slot', slot: '__proto__' } }],
  ['a rectangle outside every picture', { rect: { ...rect, x: -1 } }],
  ['a rectangle of nothing', { rect: { ...rect, width: 0 } }],
  ['a rectangle that is no number', { rect: { ...rect, width: Number.NaN } }],
  ['a rectangle past every number', { rect: { ...rect, width: Number.POSITIVE_INFINITY } }],
  ['pixels that are no bytes', { pixels: { kind: 'bytes', rgb: { byteLength: 12, length: 1e9 } } }],
  ['pixels of another kind', { pixels: { kind: 'file', file: '/etc/passwd' } }],
])('refuses a tile with %s', (_, changes) => {
  expect(() => parse(tile(changes))).toThrow();
});

test('refuses outputs whose bytes are not what their shape says', () => {
  expect(() => parse({ kind: 'result', id: 1, value: [output] }, 'inferPart')).not.toThrow();
  for (const shape of [[1, 3], [1e9, 1e9], [], [1, -2]])
    expect(() => parse({ kind: 'result', id: 1, value: [{ ...output, shape }] }, 'inferPart')).toThrow();
});

test('refuses of two versions more than a picture can have, and bytes that are not what their shape says', () => {
  const say = (...outputs: object[]) => parse({ kind: 'result', id: 1, value: [outputs, []] }, 'compare');
  const most = 1_500_000 * 8 ** 2 * 3;
  const large = { name: 'o', shape: [most], bytes: new Uint8Array(most) };
  const four = { name: 'p', shape: [1], bytes: new Uint8Array(4) };
  expect(() => say(large)).not.toThrow();
  expect(() => say(four)).not.toThrow();
  expect(() => say(large, four)).toThrow('no more bytes');
  expect(() => say({ ...four, shape: [2] })).toThrow('as the shape says');
});

test('cuts a long story of an error short, and keeps the error', () => {
  const error = { code: 'RUN_FAILED', message: 'm', remedy: 'r', detail: 'x'.repeat(1e6) };
  const said = parse({ kind: 'error', id: 1, error }, 'infer');
  expect(said.kind === 'error' && said.error.code).toBe('RUN_FAILED');
  expect(said.kind === 'error' && said.error.detail.length).toBe(20_000);
});

test('leaves an answer to nothing alone', () => {
  expect(parse({ kind: 'result', id: 0, value: { any: 'thing' } })).toMatchObject({ kind: 'result', id: 0 });
});

test('refuses a flood', () => {
  vi.useFakeTimers();
  try {
    const messages = new HostMessages();
    const say = () =>
      messages.parse({ kind: 'event', event: 'outputs', data: { jobId: 1, outputs: [] } }, () => undefined);
    for (let i = 0; i < 200; i++) say();
    expect(say).toThrow('in a second');
    vi.advanceTimersByTime(1000);
    expect(say).not.toThrow();
  } finally {
    vi.useRealTimers();
  }
});

test('takes no more than 20 µs a tile', () => {
  const messages = new HostMessages();
  const said = tile({ pixels: { kind: 'bytes', rgb: new Uint8Array(512 * 512 * 3) } });
  const rounds = 2000;
  const best = Math.min(
    ...Array.from({ length: 5 }, () => {
      const from = performance.now();
      for (let i = 0; i < rounds; i++) messages.parse(said, () => undefined);
      return (performance.now() - from) / rounds;
    }),
  );
  expect(best).toBeLessThan(0.02);
});
