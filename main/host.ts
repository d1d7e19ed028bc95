/** Main's side of an engine host: starts it when first needed, starts it again when it dies, gives up after three deaths. */
import { AppError, ReportedError } from '../app/errors';
import { HostMessages } from './hostMessages';
import type { HostCall, HostCalls, HostEvents } from './hostProtocol';

/** A child process that speaks hostProtocol: Electron's utilityProcess in the app, a Node child in tools and tests. */
export interface HostChild {
  post(message: unknown): void;
  kill(): void;
  onMessage(listener: (message: unknown) => void): void;
  /** Called once, when the process is gone. */
  onExit(listener: (code: number | null) => void): void;
}

/** Runs of the addon and the spool's reads and writes each hold one of libuv's threads, of which there are 4 unless told. */
export const hostEnvironment = { ...process.env, UV_THREADPOOL_SIZE: '12' };

const maxDeaths = 3;
/** A host that lived this long died of something new. */
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
  private nextId = 1;
  private readonly waiting = new Map<number, Waiting>();

  /**
   * @param spawn starts the process. @param listeners what comes unasked.
   * @param onDeath called at each death with whether it was the last that was forgiven.
   */
  constructor(
    private readonly spawn: () => HostChild,
    private readonly listeners: Listeners,
    private readonly onDeath: (death: { code: number | null; gaveUp: boolean }) => void,
  ) {}

  /**
   * One call. @throws ReportedError with the host's words; AppError HOST_DIED where it ended on the way, HOST_GAVE_UP where
   * it is not started any more.
   */
  async call<C extends HostCall>(call: C, args: HostCalls[C]['args']): Promise<HostCalls[C]['result']> {
    const child = await this.running();
    const id = this.nextId++;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { call, resolve: resolve as (value: unknown) => void, reject });
      child.post({ id, call, args });
    });
  }

  /** Says something that needs no answer; does nothing where no host runs. */
  tell<C extends HostCall>(call: C, args: HostCalls[C]['args']): void {
    this.child?.post({ id: 0, call, args });
  }

  /** Forgets its deaths, so that a person may try again. */
  forgive(): void {
    this.deaths = 0;
  }

  stop(): void {
    this.child?.kill();
  }

  private running(): Promise<HostChild> {
    // First, so that calls made while it starts keep their order.
    if (this.starting) return this.starting;
    if (this.child) return Promise.resolve(this.child);
    if (this.deaths >= maxDeaths) return Promise.reject(new AppError('HOST_GAVE_UP', {}));
    this.starting = this.start().finally(() => {
      this.starting = undefined;
    });
    return this.starting;
  }

  private async start(): Promise<HostChild> {
    if (this.deaths > 0) await new Promise((resolve) => setTimeout(resolve, backoffMs(this.deaths)));
    const child = this.spawn();
    this.startedAt = Date.now();
    this.child = child;
    const messages = new HostMessages();
    let nonsense: string | undefined;
    child.onMessage((message) => {
      if (nonsense !== undefined) return;
      try {
        this.receive(messages, message);
      } catch (error) {
        // A fault of ours or a host that was taken over: either way there is nothing more to talk about.
        nonsense = String(error);
        child.kill();
      }
    });
    child.onExit((code) => this.died(nonsense ?? `exit code ${code}`, code));
    return child;
  }

  /** @throws Error where the message is not what a host says, or a listener finds it wrong. */
  private receive(messages: HostMessages, message: unknown): void {
    const said = messages.parse(message, (id) => this.waiting.get(id)?.call);
    if (said.kind === 'event') {
      (this.listeners[said.event] as ((data: unknown) => void) | undefined)?.(said.data);
      return;
    }
    const waiting = this.waiting.get(said.id);
    this.waiting.delete(said.id);
    if (said.kind === 'result') waiting?.resolve(said.value);
    else waiting?.reject(new ReportedError(said.error));
  }

  private died(why: string, code: number | null): void {
    if (Date.now() - this.startedAt > forgiveAfterMs) this.deaths = 0;
    this.deaths += 1;
    this.child = undefined;
    const waiting = [...this.waiting.values()];
    this.waiting.clear();
    this.onDeath({ code, gaveUp: this.deaths >= maxDeaths });
    for (const { reject } of waiting) reject(new AppError('HOST_DIED', {}, why));
  }
}
