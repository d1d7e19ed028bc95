import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { bytesADecoder, decode } from './decoders';

/** Decoders that say of each file what they are told to: its end, or why it is no picture. */
class MadeUpDecoder extends EventTarget {
  static all: MadeUpDecoder[] = [];
  opened = 0;
  isEnded = false;
  constructor() {
    super();
    MadeUpDecoder.all.push(this);
  }
  postMessage({ kind }: { kind: string }): void {
    if (kind === 'open') this.opened += 1;
  }
  terminate(): void {
    this.isEnded = true;
  }
  say(data: unknown): void {
    this.dispatchEvent(new MessageEvent('message', { data }));
  }
}

const sink = { facts: async () => {}, rows: async () => {} };
const never = new AbortController().signal;
const fileOf = (bytes: number): File => new File([new Uint8Array(bytes)], 'photo.jpg');
const alive = (): MadeUpDecoder[] => MadeUpDecoder.all.filter(({ isEnded }) => !isEnded);
const atWork = (): MadeUpDecoder => {
  const [decoder] = alive();
  if (!decoder) throw new Error('Expected a decoder');
  return decoder;
};

beforeEach(() => {
  MadeUpDecoder.all = [];
  vi.stubGlobal('Worker', MadeUpDecoder);
});
afterEach(async () => {
  // The decoder that is left would be the next test's.
  const last = decode(fileOf(bytesADecoder), sink, never);
  atWork().say({ kind: 'end', transparent: false });
  await last;
  vi.unstubAllGlobals();
});

it('decodes one file after another in one worker', async () => {
  for (const transparent of [false, true]) {
    const decoded = decode(fileOf(1), sink, never);
    atWork().say({ kind: 'end', transparent });
    expect(await decoded).toEqual({ transparent });
  }
  expect(MadeUpDecoder.all.map(({ opened }) => opened)).toEqual([2]);
});

it('decodes files side by side in workers of their own', async () => {
  const both = [decode(fileOf(1), sink, never), decode(fileOf(1), sink, never)];
  expect(alive()).toHaveLength(2);
  for (const decoder of alive()) decoder.say({ kind: 'end', transparent: false });
  await Promise.all(both);
  // The test's end takes the other one.
  const other = decode(fileOf(bytesADecoder), sink, never);
  for (const decoder of alive()) decoder.say({ kind: 'end', transparent: false });
  await other;
});

it('ends a worker that has read enough', async () => {
  const decoded = decode(fileOf(bytesADecoder), sink, never);
  atWork().say({ kind: 'end', transparent: false });
  await decoded;
  expect(alive()).toHaveLength(0);
});

it('ends a worker whose file is no picture', async () => {
  const error = { code: 'PICTURE_UNREADABLE', params: { name: 'photo.jpg' }, detail: '' };
  const decoded = decode(fileOf(1), sink, never);
  atWork().say({ kind: 'failed', error });
  await expect(decoded).rejects.toMatchObject({ report: error });
  expect(alive()).toHaveLength(0);
});

it('ends a worker whose file nobody wants any more', async () => {
  const stop = new AbortController();
  const decoded = decode(fileOf(1), sink, stop.signal);
  stop.abort(new Error('stopped'));
  await expect(decoded).rejects.toThrow('stopped');
  expect(alive()).toHaveLength(0);
});
