import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { AppError } from '../../app/errors';
import type { FromHost, HostCalls, ToHost } from '../../host/protocol';
import { beatMs, limitsMs, silenceMs } from '../../host/watchdog';
import { deathOf, Host, type HostChild, type HostDeath } from './host';

/** A child process that says and does what the test tells it to. */
class FakeChild implements HostChild {
  readonly received: ToHost[] = [];
  private tell: (message: unknown) => void = () => {};
  private end: (code: number | null) => void = () => {};
  post(message: unknown): void {
    this.received.push(message as ToHost);
  }
  killed = false;
  kill(): void {
    this.killed = true;
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

const noProgress = { weightsDone: 0, weightsTotal: 0, bytesDone: 0, bytesTotal: 0 };

let children: FakeChild[];
let deaths: HostDeath[];
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

/** Waits past the longest wait before a process is started again. */
const started = () => vi.advanceTimersByTimeAsync(2000);

/** Makes a call and lets the process end on the way. */
async function callAndDie(): Promise<unknown> {
  const call = host.call('sweep', null).catch((error: unknown) => error);
  await started();
  latest().die(139);
  return call;
}

test('starts its process at the first call, and only one', async () => {
  void host.call('sweep', null);
  void host.call('sweep', null);
  await started();
  expect(children).toHaveLength(1);
  expect(latest().received.map(({ call }) => call)).toEqual(['sweep', 'sweep']);
});

test('gives each answer to its own call', async () => {
  const asked: Omit<HostCalls['infer']['args'], 'jobId'> = {
    model: 'm',
    device: 'cpu',
    picture: { picture: { file: '/p', width: 1, height: 1, channels: 3 } },
    result: null,
    finished: [],
  };
  const first = host.call('infer', { jobId: 1, ...asked });
  const second = host.call('infer', { jobId: 2, ...asked });
  await started();
  const [a, b] = latest().received;
  latest().answer({ kind: 'result', id: b?.id ?? 0, value: { kind: 'cancelled' } });
  latest().answer({ kind: 'result', id: a?.id ?? 0, value: { kind: 'done' } });
  expect([await first, await second]).toEqual([{ kind: 'done' }, { kind: 'cancelled' }]);
});

test.each<[string, (id: number) => unknown]>([
  ['no message', () => 'hello'],
  ['an event of no known name', () => ({ kind: 'event', event: '__proto__', data: {} })],
  ['an answer of another kind', (id) => ({ kind: 'result', id, value: { plan: 'none' } })],
  ['an error of no known code', (id) => ({ kind: 'error', id, error: { code: 'X', params: {}, detail: '' } })],
  ['an error of other values', (id) => ({ kind: 'error', id, error: { code: 'BUSY', params: { a: 1 }, detail: '' } })],
])('ends a host that says %s, and starts another', async (_, said) => {
  const call = host.call('sweep', null).catch((error: unknown) => error);
  await started();
  latest().answer(said(latest().received[0]?.id ?? 0) as FromHost);
  expect(await call).toMatchObject({ code: 'HOST_DIED' });
  const again = host.call('sweep', null);
  await started();
  latest().answer({ kind: 'result', id: latest().received[0]?.id ?? 0, value: null });
  expect(await again).toBeNull();
  expect(children).toHaveLength(2);
});

test('does not listen to a host any more that it has ended', async () => {
  const call = host.call('sweep', null).catch((error: unknown) => error);
  await started();
  vi.spyOn(latest(), 'kill').mockImplementation(() => {});
  latest().answer('nonsense' as unknown as FromHost);
  latest().answer({ kind: 'result', id: latest().received[0]?.id ?? 0, value: null });
  latest().die(9);
  expect(await call).toMatchObject({ code: 'HOST_DIED', detail: expect.stringContaining('Invalid input') });
});

test("throws the host's errors as they were there", async () => {
  const call = host.call('sweep', null);
  await started();
  const error = { code: 'PLAN_WRONG', params: { model: 'Photo' }, detail: '214 off' } as const;
  latest().answer({ kind: 'error', id: latest().received[0]?.id ?? 0, error });
  await expect(call).rejects.toMatchObject({ report: error });
});

const configuration = { models: [] };

test('configures a process before anything is asked of it, and the one that takes its place too', async () => {
  host.configure(configuration);
  for (let i = 0; i < 2; i++) await callAndDie();
  const received = children.map(({ received }) => received.map(({ call, args }) => [call, args]));
  const each = [
    ['configure', configuration],
    ['sweep', null],
  ];
  expect(received).toEqual([each, each]);
});

test('tells a running process of a change to its configuration, with all the rest of it', async () => {
  host.configure(configuration);
  void ask();
  await started();
  host.configure({ candidates: [] });
  expect(latest().received.at(-1)).toMatchObject({ call: 'configure', args: { models: [], candidates: [] } });
});

test('fails a call whose process ends in the middle of it', async () => {
  expect(await callAndDie()).toMatchObject({ code: 'HOST_DIED' });
});

test('starts the process again, after a moment, when it is needed next', async () => {
  await callAndDie();
  void host.call('sweep', null);
  await vi.advanceTimersByTimeAsync(100);
  expect(children).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(200);
  expect(children).toHaveLength(2);
});

test('gives up after three deaths, until it is forgiven', async () => {
  for (let i = 0; i < 3; i++) await callAndDie();
  expect(deaths.map(({ gaveUp }) => gaveUp)).toEqual([false, false, true]);
  await expect(host.call('sweep', null)).rejects.toMatchObject({ code: 'HOST_GAVE_UP' });
  host.forgive();
  void host.call('sweep', null);
  await started();
  expect(children).toHaveLength(4);
});

describe('renewed', () => {
  test('makes way for a new process, and that is no death', async () => {
    const call = ask();
    await started();
    latest().answer({ kind: 'result', id: latest().received[0]?.id ?? 0, value: null });
    await call;
    host.renew();
    expect(children.map(({ killed }) => killed)).toEqual([true]);
    void ask();
    await started();
    expect(children).toHaveLength(2);
    expect(deaths).toEqual([]);
  });

  test('ends nothing that is at work', async () => {
    const call = ask();
    await started();
    host.renew();
    expect(latest().killed).toBe(false);
    latest().answer({ kind: 'result', id: latest().received[0]?.id ?? 0, value: null });
    expect(await call).toBeNull();
  });

  test('is started again after three deaths', async () => {
    for (let i = 0; i < 3; i++) await callAndDie();
    host.renew();
    void ask();
    await started();
    expect(children).toHaveLength(4);
  });
});

test('does not count a death long after the last start among the three', async () => {
  await callAndDie();
  await callAndDie();
  const call = host.call('sweep', null);
  await started();
  latest().answer({ kind: 'result', id: latest().received[0]?.id ?? 0, value: null });
  await call;
  await vi.advanceTimersByTimeAsync(10 * 60_000);
  latest().die(1);
  expect(deaths.at(-1)?.gaveUp).toBe(false);
});

const ask = (): Promise<unknown> => host.call('sweep', null).catch((error: unknown) => error);

test('is ended on purpose without a death to tell of, and whoever asked learns that it ended', async () => {
  const call = ask();
  await started();
  host.stop();
  expect(await call).toMatchObject({ code: 'HOST_DIED', params: { how: 'ended' } });
  expect(latest().killed).toBe(true);
  expect(deaths).toEqual([]);
});

test('stopped before it has come again, it starts no process for that call, and one for the next', async () => {
  await callAndDie();
  const again = ask();
  await vi.advanceTimersByTimeAsync(10);
  host.stop();
  await started();
  expect(await again).toMatchObject({ code: 'HOST_DIED', params: { how: 'ended' } });
  expect(children).toHaveLength(1);
  void ask();
  await started();
  expect(children).toHaveLength(2);
});

test('once closed it starts no process, not even one that was about to come again', async () => {
  await callAndDie();
  const again = ask();
  await vi.advanceTimersByTimeAsync(10);
  expect(await host.close()).toBeUndefined();
  await started();
  expect(await again).toMatchObject({ code: 'HOST_DIED', params: { how: 'ended' } });
  expect(await ask()).toMatchObject({ code: 'HOST_DIED', params: { how: 'ended' } });
  expect(children).toHaveLength(1);
});

test('waits a second at most for a process that its driver holds', async () => {
  void ask();
  await started();
  latest().kill = () => {};
  const closed = host.close();
  await vi.advanceTimersByTimeAsync(1000);
  expect(await closed).toBeUndefined();
});

test('is closed once its process is gone, which is no death', async () => {
  void ask();
  await started();
  let isClosed = false;
  latest().kill = () => {};
  void host.close().then(() => {
    isClosed = true;
  });
  await vi.advanceTimersByTimeAsync(500);
  expect(isClosed).toBe(false);
  latest().die(9);
  await vi.advanceTimersByTimeAsync(0);
  expect(isClosed).toBe(true);
  expect(deaths).toEqual([]);
});

test('ends a process that gives no sign of life, and says that it stopped answering', async () => {
  const call = ask();
  await vi.advanceTimersByTimeAsync(silenceMs.gpu + 2 * beatMs);
  expect(await call).toMatchObject({ code: 'HOST_DIED', params: { how: 'hung' } });
  expect(latest().killed).toBe(true);
});

test('ends a process whose event loop turns and whose native code never comes back', async () => {
  const call = ask();
  await started();
  for (let ms = 0; ms < limitsMs.sweep; ms += beatMs) {
    latest().answer({ kind: 'alive' });
    await vi.advanceTimersByTimeAsync(beatMs);
  }
  expect(await call).toMatchObject({ code: 'HOST_DIED', detail: expect.stringContaining('sweep took longer') });
});

test('lets a call take as long as it likes while it tells of progress', async () => {
  const call = ask();
  await started();
  for (let ms = 0; ms < 3 * limitsMs.sweep; ms += 30_000) {
    latest().answer({ kind: 'event', event: 'refitProgress', data: { model: 'm', ...noProgress } });
    await vi.advanceTimersByTimeAsync(30_000);
  }
  latest().answer({ kind: 'result', id: latest().received[0]?.id ?? 0, value: null });
  expect(await call).toBeNull();
});

test('does not take a night asleep for a hang', async () => {
  const call = ask();
  await started();
  // The wall clock jumps; timers do not run meanwhile.
  vi.setSystemTime(Date.now() + 8 * 3600_000);
  await vi.advanceTimersByTimeAsync(2 * beatMs);
  latest().answer({ kind: 'result', id: latest().received[0]?.id ?? 0, value: null });
  expect([await call, deaths]).toEqual([null, []]);
});

test('does not end a process that has nothing to do', async () => {
  const call = ask();
  await started();
  latest().answer({ kind: 'result', id: latest().received[0]?.id ?? 0, value: null });
  await call;
  await vi.advanceTimersByTimeAsync(10 * silenceMs.gpu);
  expect(deaths).toEqual([]);
});

test('replaces the process after a fault of the GPU, since nothing runs in it any more', async () => {
  const [call, other] = [ask(), ask()];
  await started();
  const first = latest();
  const error = new AppError('GPU_FAULT', { model: 'm' }, 'CUDA 700').toReport();
  first.answer({ kind: 'error', id: first.received[0]?.id ?? 0, error });
  expect(await call).toMatchObject({ report: error });
  expect([first.killed, await other]).toMatchObject([true, { code: 'HOST_DIED' }]);
  expect(deaths).toMatchObject([{ how: 'gpuFault', detail: 'CUDA 700', gaveUp: false }]);
  void ask();
  await started();
  expect(children).toHaveLength(2);
});

test('hears nothing more from a process that it has ended', async () => {
  const call = ask();
  await vi.advanceTimersByTimeAsync(silenceMs.gpu + 2 * beatMs);
  await call;
  const first = latest();
  const next = ask();
  await started();
  first.answer({ kind: 'result', id: latest().received[0]?.id ?? 0, value: 'from the dead' });
  first.die(9);
  latest().answer({ kind: 'result', id: latest().received[0]?.id ?? 0, value: null });
  expect([await next, deaths.length]).toEqual([null, 1]);
});

test('counts a process that cannot be started as a death, and tries again', async () => {
  let tries = 0;
  host = new Host(
    () => {
      if (++tries === 1) throw new Error('EAGAIN');
      children.push(new FakeChild());
      return latest();
    },
    {},
    (death) => deaths.push(death),
  );
  expect(await ask()).toMatchObject({ code: 'HOST_DIED', detail: expect.stringContaining('EAGAIN') });
  void ask();
  await started();
  expect(children).toHaveLength(1);
});

test.each([
  [139, undefined, 'crashed'],
  [11, undefined, 'crashed'],
  [null, 'SIGABRT', 'crashed'],
  [9, undefined, 'killed'],
  [137, undefined, 'killed'],
  [null, 'SIGKILL', 'killed'],
  [1, undefined, 'ended'],
  [0, undefined, 'ended'],
] as const)('takes exit code %s, signal %s for %s', (code, signal, how) => {
  expect(deathOf(code, signal, 'linux')[0]).toBe(how);
});

test.each([
  ['an access violation', -1073741819, 'crashed', '0xc0000005'],
  ['a fast fail', 0xc0000409, 'crashed', '0xc0000409'],
  ["Node's abort", 134, 'crashed', '134'],
  ["the C library's abort", 3, 'crashed', '3'],
  ["Chromium's CHECK", 0x80000003, 'crashed', '0x80000003'],
  ["Chromium's CHECK, as a signed number", -2147483645, 'crashed', '0x80000003'],
  ['the Task Manager, or SIGKILL from elsewhere', 1, 'killed', '1'],
  ['a debugger', 0x40010004, 'killed', '0x40010004'],
  ['the end of its console', -1073741510, 'killed', '0xc000013a'],
  ['want of memory', -536870904, 'outOfMemory', '0xe0000008'],
  ['an end of its own', 0, 'ended', '0'],
  ['what is a signal elsewhere', 139, 'ended', '139'],
] as const)('on Windows takes %s, exit code %s, for %s', (_, code, how, detail) => {
  expect(deathOf(code, undefined, 'win32')).toEqual([how, `exit code ${detail}`]);
});

test('knows our own SIGKILL on Windows, where it is an exit code', () => {
  expect(deathOf(null, 'SIGKILL', 'win32')).toEqual(['killed', 'SIGKILL']);
});

describe('a host without a sign of life', () => {
  let quiet: boolean[];
  let working: boolean;
  beforeEach(() => {
    quiet = [];
    working = false;
    host = new Host(
      () => {
        children.push(Object.assign(new FakeChild(), { isWorking: () => working }));
        return latest();
      },
      {},
      (death) => deaths.push(death),
      undefined,
      (isQuiet) => quiet.push(isQuiet),
    );
  });

  test('is reported after some seconds, and again when it lives', async () => {
    void host.call('sweep', null);
    await vi.advanceTimersByTimeAsync(3 * beatMs);
    expect(quiet).toEqual([]);
    await vi.advanceTimersByTimeAsync(3 * beatMs);
    expect(quiet).toEqual([true]);
    latest().answer({ kind: 'alive' });
    expect(quiet).toEqual([true, false]);
  });

  test('is not reported while it computes', async () => {
    working = true;
    void host.call('sweep', null);
    await vi.advanceTimersByTimeAsync(20 * beatMs);
    expect(quiet).toEqual([]);
  });

  test('is reported no more once it was ended', async () => {
    void host.call('sweep', null).catch(() => {});
    await vi.advanceTimersByTimeAsync(silenceMs.gpu + 2 * beatMs);
    expect(quiet).toEqual([true, false]);
    expect(deaths).toMatchObject([{ how: 'hung' }]);
  });
});
