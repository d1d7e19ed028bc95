/** Main's side of an engine host: starts it when first needed, starts it again when it dies, gives up after three deaths. */
import { AppError, ReportedError } from '../app/errors';
import type { FromHost, HostCall, HostCalls, HostEvents } from './hostProtocol';

/** A child process that speaks hostProtocol: Electron's utilityProcess in the app, a Node child in tools and tests. */
export interface HostChild {
  post(message: unknown): void;
  kill(): void;
  onMessage(listener: (message: unknown) => void): void;
  /** Called once, when the process is gone. */
  onExit(listener: (code: number | null) => void): void;
}

export const hostEnvironment = {
  ...process.env,
  // Runs of the addon and the spool's reads and writes each hold one of libuv's threads, of which there are 4 unless told.
  UV_THREADPOOL_SIZE: '12',
  // ONNX Runtime's build for Linux would tell Microsoft of every session, under a name that it gives this computer.
  ORT_DISABLE_TELEMETRY: '1',
};

const maxDeaths = 3;
/** A host that lived this long died of something new. */
const forgiveAfterMs = 5 * 60_000;
const backoffMs = (deaths: number): number => 250 * 2 ** (deaths - 1);

interface Waiting {
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
      this.waiting.set(id, { resolve: resolve as (value: unknown) => void, reject });
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
    child.onMessage((message) => this.receive(message as FromHost));
    child.onExit((code) => this.died(code));
    return child;
  }

  private receive(message: FromHost): void {
    if (message.kind === 'event') {
      (this.listeners[message.event] as ((data: unknown) => void) | undefined)?.(message.data);
      return;
    }
    const waiting = this.waiting.get(message.id);
    this.waiting.delete(message.id);
    if (message.kind === 'result') waiting?.resolve(message.value);
    else waiting?.reject(new ReportedError(message.error));
  }

  private died(code: number | null): void {
    if (Date.now() - this.startedAt > forgiveAfterMs) this.deaths = 0;
    this.deaths += 1;
    this.child = undefined;
    const waiting = [...this.waiting.values()];
    this.waiting.clear();
    this.onDeath({ code, gaveUp: this.deaths >= maxDeaths });
    for (const { reject } of waiting) reject(new AppError('HOST_DIED', {}, `exit code ${code}`));
  }
}
