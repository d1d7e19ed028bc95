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
  const first = host.call('sweep', { cacheDir: '/a' });
  const second = host.call('sweep', { cacheDir: '/b' });
  await vi.runAllTimersAsync();
  const [a, b] = latest().received;
  latest().answer({ kind: 'result', id: b?.id ?? 0, value: 'second' });
  latest().answer({ kind: 'result', id: a?.id ?? 0, value: 'first' });
  expect([await first, await second]).toEqual(['first', 'second']);
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
