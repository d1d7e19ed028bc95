/**
 * Main's side of a host: starts the process at the first call, ends it if it hangs or its GPU has failed, starts it again after it died,
 * and gives up after three deaths.
 */
import { constants } from 'node:os';
import type { MessagePortMain } from 'electron';
import type { Death } from '../../app/errorCodes';
import { AppError, ReportedError } from '../../app/errors';
import { HostMessages } from '../../host/messages';
import type { Configuration, HostCall, HostCalls, HostEvents } from '../../host/protocol';
import { silenceMs, Watchdog } from '../../host/watchdog';
import { oomKills } from './oomKills';

/** A child process that speaks host/protocol.ts: Electron's utilityProcess in the app, a Node child in tools and tests. */
export interface HostChild {
  /** @param ports that go with it. A Node child takes none. */
  post(message: unknown, ports?: MessagePortMain[]): void;
  /** Ends the process at once: one that hangs in native code heeds no polite request. */
  kill(): void;
  onMessage(listener: (message: unknown) => void): void;
  /** Whether it has computed since this was last asked. */
  isWorking?(): boolean;
  /** Calls `listener` once, when the process is gone. `ranOut`: the system said that it ended for want of memory. */
  onExit(listener: (code: number | null, signal?: NodeJS.Signals | null, ranOut?: boolean) => void): void;
}

export interface HostDeath {
  how: Death | 'gpuFault';
  /** For a log: an exit code, a signal, or the call that it hung in. */
  detail: string;
  gaveUp: boolean;
}

const maxDeaths = 3;
const closingMs = 1000;
/** After a life this long, earlier deaths do not count: the host died of something new. */
const forgiveAfterMs = 5 * 60_000;
const backoffMs = (deaths: number): number => 250 * 2 ** (deaths - 1);

interface Waiting {
  call: HostCall;
  resolve(value: unknown): void;
  reject(error: Error): void;
}

type Listeners = { [E in keyof HostEvents]?: (data: HostEvents[E]) => void };

export class Host {
  private child: HostChild | undefined;
  private starting: Promise<HostChild> | undefined;
  private startedAt = 0;
  private deaths = 0;
  private lastDeath: Death = 'ended';
  private nextId = 1;
  private configuration: Configuration | undefined;
  private isClosed = false;
  private stops = 0;
  /** Resolves when the last process that was started is gone. */
  private gone: Promise<void> = Promise.resolve();
  private readonly waiting = new Map<number, Waiting>();
  private readonly watchdog: Watchdog;

  /**
   * @param spawn starts the process; an AppError that it throws counts as no death and goes to the caller. @param listeners take the
   * host's events. @param onDeath called at each death; `gaveUp` says that it was the last one allowed.
   * @param watchdog makes the watchdog, given what ends a host that hangs. @param onQuiet see Watchdog.
   */
  constructor(
    private readonly spawn: () => HostChild,
    private readonly listeners: Listeners,
    private readonly onDeath: (death: HostDeath) => void,
    watchdog = (onHang: (why: string) => void): Watchdog => new Watchdog(onHang, silenceMs.gpu),
    onQuiet: (isQuiet: boolean) => void = () => {},
  ) {
    this.watchdog = watchdog((why) => {
      if (this.child) this.end(this.child, 'hung', why);
    });
    this.watchdog.onQuiet = onQuiet;
    this.watchdog.isWorking = () => this.child?.isWorking?.() ?? false;
  }

  /**
   * Tells the process what the ids in calls stand for: this one at once if it runs, and each later one before its first call.
   * @param change the parts to replace; the others stay.
   */
  configure(change: Configuration): void {
    this.configuration = { ...this.configuration, ...change };
    this.tell('configure', this.configuration);
  }

  /**
   * Makes one call, and starts the process for it if need be.
   * @param ports that the host gets with it.
   * @throws ReportedError with the host's error; after GPU_FAULT the host is ended. AppError HOST_DIED if the process ended during the
   * call, HOST_GAVE_UP if it is not started any more.
   */
  async call<C extends HostCall>(
    call: C,
    args: HostCalls[C]['args'],
    ports?: MessagePortMain[],
  ): Promise<HostCalls[C]['result']> {
    const child = await this.running();
    // The process may have died between its start and this call's turn.
    if (child !== this.child) throw new AppError('HOST_DIED', { how: this.lastDeath });
    const id = this.nextId++;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { call, resolve: resolve as (value: unknown) => void, reject });
      this.watchdog.began(id, call);
      child.post({ id, call, args }, ports);
    });
  }

  /** Whether it died too often to be started again before it is forgiven. */
  get hasGivenUp(): boolean {
    return this.deaths >= maxDeaths;
  }

  get isRunning(): boolean {
    return this.child !== undefined;
  }

  /** Sends a call that needs no answer; does nothing if no host runs. */
  tell<C extends HostCall>(call: C, args: HostCalls[C]['args']): void {
    this.child?.post({ id: 0, call, args });
  }

  /** Forgets the deaths, so that the next call starts a process again. */
  forgive(): void {
    this.deaths = 0;
  }

  /**
   * Forgets the deaths, and ends an idle process so that the next call starts a new one. A driver lists the GPUs once for each process,
   * so an old process never finds a GPU that has come back.
   */
  renew(): void {
    this.forgive();
    const idle = this.waiting.size === 0 ? this.child : undefined;
    if (!idle) return;
    // Cleared before the kill, so that this end does not count as a death.
    this.child = undefined;
    idle.kill();
  }

  /** Ends the process on purpose, also one that is about to start: no death, and nothing for the log. Each call under way fails with HOST_DIED. */
  stop(): void {
    this.stops += 1;
    this.starting = undefined;
    const { child } = this;
    if (!child) return;
    this.child = undefined;
    this.failWaiting('ended', 'it was stopped');
    child.kill();
  }

  /** As `stop`, and starts no process any more. Resolves once it is gone, or after a second: a driver may hold it. */
  async close(): Promise<void> {
    this.isClosed = true;
    this.stop();
    await Promise.race([this.gone, new Promise((resolve) => setTimeout(resolve, closingMs))]);
  }

  private running(): Promise<HostChild> {
    if (this.isClosed) return Promise.reject(new AppError('HOST_DIED', { how: 'ended' }, 'the app ends'));
    // Checked first, so that calls made while it starts keep their order.
    if (this.starting) return this.starting;
    if (this.child) return Promise.resolve(this.child);
    if (this.hasGivenUp) return Promise.reject(new AppError('HOST_GAVE_UP', { how: this.lastDeath }));
    const starting = this.start().finally(() => {
      if (this.starting === starting) this.starting = undefined;
    });
    this.starting = starting;
    return starting;
  }

  private async start(): Promise<HostChild> {
    const { stops } = this;
    if (this.deaths > 0) await new Promise((resolve) => setTimeout(resolve, backoffMs(this.deaths)));
    if (stops !== this.stops) throw new AppError('HOST_DIED', { how: 'ended' }, 'it was stopped');
    if (this.isClosed) throw new AppError('HOST_DIED', { how: 'ended' }, 'the app ends');
    this.startedAt = performance.now();
    let child: HostChild;
    try {
      child = this.spawn();
    } catch (error) {
      // An AppError says that the process must not be started until the person has done something about it.
      if (error instanceof AppError) throw error;
      // The system is short of memory or processes: another try may work, as after any death.
      this.died('ended', String(error));
      throw new AppError('HOST_DIED', {}, String(error));
    }
    this.child = child;
    const messages = new HostMessages();
    child.onMessage((message) => {
      if (this.child !== child) return;
      try {
        this.receive(child, messages, message);
      } catch (error) {
        // Either the app has a fault or somebody took the host over: in both cases it must end.
        this.end(child, 'ended', String(error));
      }
    });
    const killedBefore = oomKills();
    let tellGone = (): void => {};
    this.gone = new Promise((resolve) => {
      tellGone = resolve;
    });
    child.onExit((code, signal, ranOut) => {
      tellGone();
      if (this.child !== child) return;
      const [how, detail] = deathOf(code, signal);
      const isMemory = ranOut || (how === 'killed' && oomKills() > killedBefore);
      this.died(isMemory ? 'outOfMemory' : how, detail);
    });
    if (this.configuration) this.tell('configure', this.configuration);
    return child;
  }

  /** Handles one message of the process. @throws Error where its schema does not hold, or a listener finds it wrong. */
  private receive(child: HostChild, messages: HostMessages, message: unknown): void {
    const said = messages.parse(message, (id) => this.waiting.get(id)?.call);
    this.watchdog.heard(said.kind !== 'alive');
    if (said.kind === 'alive') return;
    if (said.kind === 'event') {
      (this.listeners[said.event] as ((data: unknown) => void) | undefined)?.(said.data);
      return;
    }
    const waiting = this.waiting.get(said.id);
    this.waiting.delete(said.id);
    this.watchdog.ended(said.id);
    if (said.kind === 'result') waiting?.resolve(said.value);
    else {
      waiting?.reject(new ReportedError(said.error));
      // After a GPU fault every call to the GPU fails in that process.
      if (said.error.code === 'GPU_FAULT') this.end(child, 'gpuFault', said.error.detail);
    }
  }

  /** Does not wait for the process to end: one that is stuck in its driver may stay for long. */
  private end(child: HostChild, how: HostDeath['how'], detail: string): void {
    this.died(how, detail);
    child.kill();
  }

  private died(how: HostDeath['how'], detail: string): void {
    if (performance.now() - this.startedAt > forgiveAfterMs) this.deaths = 0;
    this.deaths += 1;
    this.lastDeath = how === 'gpuFault' ? 'crashed' : how;
    this.child = undefined;
    this.failWaiting(this.lastDeath, detail);
    this.onDeath({ how, detail, gaveUp: this.hasGivenUp });
  }

  private failWaiting(how: Death, detail: string): void {
    const waiting = [...this.waiting.values()];
    this.waiting.clear();
    this.watchdog.stop();
    for (const { reject } of waiting) reject(new AppError('HOST_DIED', { how }, detail));
  }
}

/** Signals that a process gets for its own fault, from the processor, the system or the C library. */
const crashes: NodeJS.Signals[] = ['SIGSEGV', 'SIGABRT', 'SIGBUS', 'SIGILL', 'SIGFPE', 'SIGTRAP', 'SIGSYS'];
/** Signals from outside the process. Linux also sends SIGKILL to a process that takes too much memory. */
const kills: NodeJS.Signals[] = ['SIGKILL', 'SIGTERM'];

/** Exit codes of Windows, which has no signals, that stand for one. `isNtError` tells an access violation and its like. */
const windowsCodes: Record<number, Death> = {
  // TerminateProcess, as called by the Task Manager and by Node for SIGKILL. An uncaught error exits with 1 too.
  1: 'killed',
  // abort() of the C library and of Node.
  3: 'crashed',
  134: 'crashed',
  // STATUS_BREAKPOINT, 0x80000003: Chromium ends so where a CHECK fails.
  2147483651: 'crashed',
  // DBG_TERMINATE_PROCESS, 0x40010004.
  1073807364: 'killed',
  // STATUS_CONTROL_C_EXIT, 0xc000013a: also where its console closes.
  3221225786: 'killed',
  // Chromium's own, 0xe0000008: for want of memory.
  3758096392: 'outOfMemory',
};
/** Whether an exit code is an NTSTATUS of the severity "error", as 0xC0000005, an access violation, is. */
const isNtError = (code: number): boolean => code >= 0xc0000000;

/** How a process died. @param code as Node or Electron tells it; a signal may come as its number, bare or as a shell says it (128 + n). */
export function deathOf(
  code: number | null,
  signal?: NodeJS.Signals | null,
  platform = process.platform,
): [how: Death, detail: string] {
  if (platform === 'win32' && code !== null && !signal) {
    // Node and Electron report the same code with another sign.
    const unsigned = code >>> 0;
    const how = windowsCodes[unsigned] ?? (isNtError(unsigned) ? 'crashed' : 'ended');
    return [how, `exit code ${unsigned < 256 ? unsigned : `0x${unsigned.toString(16)}`}`];
  }
  const isOne = (of: NodeJS.Signals): boolean =>
    signal ? signal === of : code !== null && (code & 0x7f) === constants.signals[of];
  const detail = signal ?? `exit code ${code}`;
  if (crashes.some(isOne)) return ['crashed', detail];
  return [kills.some(isOne) ? 'killed' : 'ended', detail];
}
