import { expect, test, vi } from 'vitest';
import { maxViewPixels } from '../app/pictureLimits';
import { exampleRace } from '../main/example.fixture';
import { HostMessages } from './messages';
import type { HostCall, HostCalls } from './protocol';

const parse = (message: unknown, call?: HostCall) => new HostMessages().parse(message, () => call);
const rect = { x: 0, y: 0, width: 2, height: 2 };
const tiles = (changes: object = {}) => ({
  kind: 'event',
  event: 'tiles',
  data: { jobId: 1, done: 1, total: 4, rects: [rect], ...changes },
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
  compare: [[[{ name: 'o', dtype: 'uint8', shape: [1], bytes: new Uint8Array(1) }], []], null],
  infer: [{ kind: 'done' }, { kind: 'cancelled' }],
  view: [{ bytes: new Uint8Array(12) }],
  cut: [{ bytes: new Uint8Array(16) }],
  apply: [null],
  encode: [{ bytes: 1e9 }],
  forget: [null],
  keep: [null],
};

test.each(Object.entries(honest))('takes what an honest host answers to %s', (call, values) => {
  for (const value of values)
    expect(parse({ kind: 'result', id: 1, value }, call as HostCall)).toEqual({ kind: 'result', id: 1, value });
});

test.each([
  ['tiles', tiles()],
  ['how much is written', { kind: 'event', event: 'encoded', data: { id: 1, share: 0.5 } }],
])('hands on %s as an honest host says it', (_, said) => {
  expect(parse(said)).toEqual(said);
});

test.each([
  ['a rectangle outside every picture', { rects: [rect, { ...rect, x: -1 }] }],
  ['a rectangle of nothing', { rects: [{ ...rect, width: 0 }] }],
  ['a rectangle that is no number', { rects: [{ ...rect, width: Number.NaN }] }],
  ['a rectangle past every number', { rects: [{ ...rect, width: Number.POSITIVE_INFINITY }] }],
  ['half a pixel', { rects: [{ ...rect, y: 0.5 }] }],
  ['more rectangles than a picture has tiles', { rects: new Array(20_001).fill(rect) }],
  ['something like a list', { rects: { length: 1, 0: rect } }],
  ['fewer than none done', { done: -1 }],
])('refuses tiles with %s', (_, changes) => {
  expect(() => parse(tiles(changes))).toThrow();
});

test.each([-0.1, 1.1, Number.NaN, '1'])('refuses %s as a share of what is written', (share) => {
  expect(() => parse({ kind: 'event', event: 'encoded', data: { id: 1, share } })).toThrow();
});

test.each(['view', 'cut'] as const)('refuses more of a %s than a screen shows, and what is no bytes', (call) => {
  const say = (bytes: unknown) => parse({ kind: 'result', id: 1, value: { bytes } }, call);
  expect(() => say(new Uint8Array(maxViewPixels * 4))).not.toThrow();
  for (const wild of [new Uint8Array(maxViewPixels * 4 + 1), new Array(12).fill(0), { byteLength: 12 }, undefined])
    expect(() => say(wild)).toThrow('Expected bytes of a view');
});

test('refuses outputs whose bytes are not what their shape says', () => {
  expect(() => parse({ kind: 'result', id: 1, value: [output] }, 'inferPart')).not.toThrow();
  for (const shape of [[1, 3], [1e9, 1e9], [], [1, -2]])
    expect(() => parse({ kind: 'result', id: 1, value: [{ ...output, shape }] }, 'inferPart')).toThrow();
});

test('refuses of two versions bytes that are not what their shape says', () => {
  const say = (...outputs: object[]) => parse({ kind: 'result', id: 1, value: [outputs, []] }, 'compare');
  expect(() => say(output)).not.toThrow();
  expect(() => say({ ...output, shape: [1, 3] })).toThrow('as the shape says');
});

test('cuts a long story of an error short, and keeps the error', () => {
  const error = { code: 'RUN_FAILED', params: { model: 'm' }, detail: 'x'.repeat(1e6) };
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

/** How often fields of a word of `rects` tiles are read when it is parsed. */
function readsOf(rects: number, messages = new HostMessages()): number {
  let reads = 0;
  const watched = <T extends object>(value: T): T =>
    new Proxy(value, {
      get: (target, name) => {
        reads += 1;
        const read: unknown = Reflect.get(target, name);
        return typeof read === 'object' && read !== null ? watched(read) : read;
      },
    });
  messages.parse(watched(tiles({ rects: new Array(rects).fill(rect) })), () => undefined);
  return reads;
}

test('reads a word of a tile once, however many came before', () => {
  const messages = new HostMessages();
  const [first, ...later] = Array.from({ length: 100 }, () => readsOf(1, messages));
  expect(new Set(later)).toEqual(new Set([first]));
  const aTile = (readsOf(1001) - readsOf(1)) / 1000;
  // The list's length, the tile in it, and its four numbers.
  expect(aTile).toBe(6);
});
