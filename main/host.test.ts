import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Host, type HostChild } from './host';
import type { FromHost, ToHost } from './hostProtocol';

/** A child process in the test's hands. */
class FakeChild implements HostChild {
  readonly received: ToHost[] = [];
  private tell: (message: unknown) => void = () => {};
  private end: (code: number | null) => void = () => {};
  post(message: unknown): void {
    this.received.push(message as ToHost);
  }
  kill(): void {
    this.end(null);
  }
  onMessage(listener: (message: unknown) => void): void {
    this.tell = listener;
  }
  onExit(listener: (code: number | null) => void): void {
    this.end = listener;
  }
  answer(message: FromHost): void {
    this.tell(message);
  }
  die(code: number): void {
    this.end(code);
  }
}

let children: FakeChild[];
let deaths: { code: number | null; gaveUp: boolean }[];
let host: Host;
const latest = (): FakeChild => children.at(-1) as FakeChild;

beforeEach(() => {
  vi.useFakeTimers();
  children = [];
  deaths = [];
  host = new Host(
    () => {
      children.push(new FakeChild());
      return latest();
    },
    {},
    (death) => deaths.push(death),
  );
});
afterEach(() => {
  vi.useRealTimers();
});

/** Makes a call and lets the process end on the way. */
async function callAndDie(): Promise<unknown> {
  const call = host.call('sweep', { cacheDir: '/c' }).catch((error: unknown) => error);
  await vi.runAllTimersAsync();
  latest().die(139);
  return call;
}

test('starts its process at the first call, and only one', async () => {
  void host.call('sweep', { cacheDir: '/a' });
  void host.call('sweep', { cacheDir: '/b' });
  await vi.runAllTimersAsync();
  expect(children).toHaveLength(1);
  expect(latest().received.map(({ call }) => call)).toEqual(['sweep', 'sweep']);
});

test('gives each answer to its own call', async () => {
  const asked = {
    model: 'm',
    device: 'cpu',
    width: 1,
    height: 1,
    pixels: { kind: 'bytes', rgb: new Uint8Array(3) },
  } as const;
  const first = host.call('infer', { jobId: 1, ...asked });
  const second = host.call('infer', { jobId: 2, ...asked });
  await vi.runAllTimersAsync();
  const [a, b] = latest().received;
  latest().answer({ kind: 'result', id: b?.id ?? 0, value: { kind: 'cancelled' } });
  latest().answer({ kind: 'result', id: a?.id ?? 0, value: { kind: 'done' } });
  expect([await first, await second]).toEqual([{ kind: 'done' }, { kind: 'cancelled' }]);
});

test.each<[string, (id: number) => unknown]>([
  ['no message', () => 'hello'],
  ['an event of no known name', () => ({ kind: 'event', event: '__proto__', data: {} })],
  ['an answer of another kind', (id) => ({ kind: 'result', id, value: { plan: 'none' } })],
  [
    'an error of no known code',
    (id) => ({ kind: 'error', id, error: { code: 'X', message: '', remedy: '', detail: '' } }),
  ],
])('ends a host that says %s, and starts another', async (_, said) => {
  const call = host.call('sweep', { cacheDir: '/a' }).catch((error: unknown) => error);
  await vi.runAllTimersAsync();
  latest().answer(said(latest().received[0]?.id ?? 0) as FromHost);
  expect(await call).toMatchObject({ code: 'HOST_DIED' });
  const again = host.call('sweep', { cacheDir: '/a' });
  await vi.runAllTimersAsync();
  latest().answer({ kind: 'result', id: latest().received[0]?.id ?? 0, value: null });
  expect(await again).toBeNull();
  expect(children).toHaveLength(2);
});

test('does not listen to a host any more that it has ended', async () => {
  const call = host.call('sweep', { cacheDir: '/a' }).catch((error: unknown) => error);
  await vi.runAllTimersAsync();
  vi.spyOn(latest(), 'kill').mockImplementation(() => {});
  latest().answer('nonsense' as unknown as FromHost);
  latest().answer({ kind: 'result', id: latest().received[0]?.id ?? 0, value: null });
  latest().die(9);
  expect(await call).toMatchObject({ code: 'HOST_DIED', detail: expect.stringContaining('Invalid input') });
});

test("throws the host's errors with the words they had there", async () => {
  const call = host.call('sweep', { cacheDir: '/a' });
  await vi.runAllTimersAsync();
  const error = { code: 'PLAN_WRONG', message: 'wrong', remedy: 'do', detail: '214 off' } as const;
  latest().answer({ kind: 'error', id: latest().received[0]?.id ?? 0, error });
  await expect(call).rejects.toMatchObject({ report: error });
});

test('says so when the process ends in the middle of a call', async () => {
  expect(await callAndDie()).toMatchObject({ code: 'HOST_DIED' });
});

test('starts the process again, after a moment, when it is needed next', async () => {
  await callAndDie();
  void host.call('sweep', { cacheDir: '/a' });
  await vi.advanceTimersByTimeAsync(100);
  expect(children).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(200);
  expect(children).toHaveLength(2);
});

test('gives up after three deaths, until it is forgiven', async () => {
  for (let i = 0; i < 3; i++) await callAndDie();
  expect(deaths.map(({ gaveUp }) => gaveUp)).toEqual([false, false, true]);
  await expect(host.call('sweep', { cacheDir: '/a' })).rejects.toMatchObject({ code: 'HOST_GAVE_UP' });
  host.forgive();
  void host.call('sweep', { cacheDir: '/a' });
  await vi.runAllTimersAsync();
  expect(children).toHaveLength(4);
});

test('does not count a death long after the last start among the three', async () => {
  await callAndDie();
  await callAndDie();
  const call = host.call('sweep', { cacheDir: '/a' }).catch(() => {});
  await vi.advanceTimersByTimeAsync(10 * 60_000);
  latest().die(1);
  await call;
  expect(deaths.at(-1)?.gaveUp).toBe(false);
});
