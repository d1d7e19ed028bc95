/**
 * Main's side of a host. It starts the process at the first call, ends it if it hangs or its GPU has failed, starts it again after it
 * died, and gives up after three deaths.
 */
import { constants } from 'node:os';
import type { Death } from '../../app/errorCodes';
import { AppError, ReportedError } from '../../app/errors';
import { HostMessages } from '../../host/messages';
import type { Configuration, HostCall, HostCalls, HostEvents } from '../../host/protocol';
import { silenceMs, Watchdog } from '../../host/watchdog';
import { oomKills } from './oomKills';

/** A child process that speaks host/protocol.ts: Electron's utilityProcess in the app, a Node child in tools and tests. */
export interface HostChild {
  post(message: unknown): void;
  /** Ends the process at once: one that hangs in native code heeds no polite request. */
  kill(): void;
  onMessage(listener: (message: unknown) => void): void;
  /** Whether it has computed since this was last asked. */
  isWorking?(): boolean;
  /** Called once, when the process is gone. `ranOut`: it is known to have ended for want of memory. */
  onExit(listener: (code: number | null, signal?: NodeJS.Signals | null, ranOut?: boolean) => void): void;
}

export interface HostDeath {
  how: Death | 'gpuFault';
  /** For a log: an exit code, a signal, or the call that it hung in. */
  detail: string;
  gaveUp: boolean;
}

/**
 * Of glibc's allocator, heeded by it alone. The engine library allocates much and often, and that is a part of a refit's time,
 * and more of a session's opening. Huge pages: fewer page faults. Pieces that a thread keeps of each small size for its next
 * use: 7 unless told; with 2000 the library made a context of `photo-x4` in 0.24 s instead of 0.28 (H100, glibc 2.39). It may keep 67 MB
 * a thread so, had it used as many of every size.
 */
const allocator = ['glibc.malloc.hugetlb=1', 'glibc.malloc.tcache_count=2000'];

/** Runs of the addon and its reads and writes of pictures each hold one of libuv's threads, of which there are 4 unless told. */
export const hostEnvironment = {
  ...process.env,
  UV_THREADPOOL_SIZE: '16',
  GLIBC_TUNABLES: [process.env.GLIBC_TUNABLES, ...allocator].filter(Boolean).join(':'),
  // ONNX Runtime's build for Linux would tell Microsoft of every session, under a name that it gives this computer.
  ORT_DISABLE_TELEMETRY: '1',
};

const maxDeaths = 3;
/** A host that lived this long died of something new: earlier deaths do not count. */
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
  private readonly waiting = new Map<number, Waiting>();
  private readonly watchdog: Watchdog;

  /**
   * @param spawn starts the process; an AppError of it is no death, and goes to who asked. @param listeners what comes unasked.
   * @param onDeath called at each death with whether it was the last that was forgiven.
   * @param watchdog made with what to do where the host hangs. @param onQuiet see Watchdog.
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
   * Tells the process what the ids in calls stand for: at once if it runs, and each later process before its first call.
   * @param change replaces the parts that it has; the others stay.
   */
  configure(change: Configuration): void {
    this.configuration = { ...this.configuration, ...change };
    this.tell('configure', this.configuration);
  }

  /**
   * One call.
   * @throws ReportedError with the host's error; after GPU_FAULT the host is ended. AppError HOST_DIED if it ended during the call,
   * HOST_GAVE_UP if it is not started any more.
   */
  async call<C extends HostCall>(call: C, args: HostCalls[C]['args']): Promise<HostCalls[C]['result']> {
    const child = await this.running();
    // It may have died between its start and this call's turn.
    if (child !== this.child) throw new AppError('HOST_DIED', { how: this.lastDeath });
    const id = this.nextId++;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { call, resolve: resolve as (value: unknown) => void, reject });
      this.watchdog.began(id, call);
      child.post({ id, call, args });
    });
  }

  get isRunning(): boolean {
    return this.child !== undefined;
  }

  /** Sends a call that needs no answer; does nothing if no host runs. */
  tell<C extends HostCall>(call: C, args: HostCalls[C]['args']): void {
    this.child?.post({ id: 0, call, args });
  }

  /** Forgets its deaths, so that it is started again. */
  forgive(): void {
    this.deaths = 0;
  }

  /**
   * Forgets its deaths, and ends an idle process so that the next call starts a new one. A driver lists the GPUs once for each process,
   * so an old process never finds a GPU that has come back.
   */
  renew(): void {
    this.forgive();
    const idle = this.waiting.size === 0 ? this.child : undefined;
    if (!idle) return;
    // Before the kill, so that its end does not count as a death.
    this.child = undefined;
    idle.kill();
  }

  /** Ends the process. Where something is asked of it that is a death, which whoever asked is told of. */
  stop(): void {
    const { child } = this;
    if (this.waiting.size === 0) this.child = undefined;
    child?.kill();
  }

  private running(): Promise<HostChild> {
    // Checked first, so that calls made while it starts keep their order.
    if (this.starting) return this.starting;
    if (this.child) return Promise.resolve(this.child);
    if (this.deaths >= maxDeaths) return Promise.reject(new AppError('HOST_GAVE_UP', { how: this.lastDeath }));
    this.starting = this.start().finally(() => {
      this.starting = undefined;
    });
    return this.starting;
  }

  private async start(): Promise<HostChild> {
    if (this.deaths > 0) await new Promise((resolve) => setTimeout(resolve, backoffMs(this.deaths)));
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
        // Either the app has a fault or somebody took the host over: it is ended in both cases.
        this.end(child, 'ended', String(error));
      }
    });
    const killedBefore = oomKills();
    child.onExit((code, signal, ranOut) => {
      if (this.child !== child) return;
      const [how, detail] = deathOf(code, signal);
      const isMemory = ranOut || (how === 'killed' && oomKills() > killedBefore);
      this.died(isMemory ? 'outOfMemory' : how, detail);
    });
    if (this.configuration) this.tell('configure', this.configuration);
    return child;
  }

  /** @throws Error where the message is not what a host says, or a listener finds it wrong. */
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

  /** Does not wait for the process to go: one that is stuck in its driver may stay for long. */
  private end(child: HostChild, how: HostDeath['how'], detail: string): void {
    this.died(how, detail);
    child.kill();
  }

  private died(how: HostDeath['how'], detail: string): void {
    if (performance.now() - this.startedAt > forgiveAfterMs) this.deaths = 0;
    this.deaths += 1;
    this.lastDeath = how === 'gpuFault' ? 'crashed' : how;
    this.child = undefined;
    const waiting = [...this.waiting.values()];
    this.waiting.clear();
    this.watchdog.stop();
    this.onDeath({ how, detail, gaveUp: this.deaths >= maxDeaths });
    for (const { reject } of waiting) reject(new AppError('HOST_DIED', { how: this.lastDeath }, detail));
  }
}

/** Signals of the processor, the system's or the C library's to a process that did something impossible. */
const crashes: NodeJS.Signals[] = ['SIGSEGV', 'SIGABRT', 'SIGBUS', 'SIGILL', 'SIGFPE', 'SIGTRAP', 'SIGSYS'];
/** Signals from outside. Linux ends a process that takes too much memory by SIGKILL too. */
const kills: NodeJS.Signals[] = ['SIGKILL', 'SIGTERM'];

/** Windows has no signals; these are exit codes that stand for one. An access violation and its like are `isNtError`. */
const windowsCodes: Record<number, Death> = {
  // TerminateProcess as the Task Manager calls it, and Node for SIGKILL. Of an error that nothing caught as well.
  1: 'killed',
  // abort() of the C library, and of Node.
  3: 'crashed',
  134: 'crashed',
  // STATUS_BREAKPOINT, by which Chromium ends where a CHECK fails.
  2147483651: 'crashed',
  1073807364: 'killed',
  // Ctrl-C, Chromium's for want of memory.
  3221225786: 'killed',
  3758096392: 'outOfMemory',
};
/** NTSTATUS of the severity "error": 0xC0000005 is an access violation. */
const isNtError = (code: number): boolean => code >= 0xc0000000;

/** @param code as Node tells it, or Electron: of a signal its number, as a shell says it (128 + n) or bare. */
export function deathOf(
  code: number | null,
  signal?: NodeJS.Signals | null,
  platform = process.platform,
): [how: Death, detail: string] {
  if (platform === 'win32' && code !== null && !signal) {
    // The sign depends on who reports it.
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
