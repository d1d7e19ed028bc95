/**
 * Finds out that a host hangs. It measures two times: silence, because a host with a call under way says every second that its event
 * loop turns; and each call's duration, because native code may hang in a thread beside that loop. It counts ticks of this process
 * instead of reading a clock, so that suspend is not mistaken for a hang.
 */
import type { HostCall } from './protocol';

/** How often a host says that it lives, and how often the watchdog checks. */
export const beatMs = 1000;

/**
 * Longest silence. It allows for what rightly blocks a host's event loop: on the GPU the first loading of a driver from a cold disk,
 * on the processor a whole network, which ONNX Runtime runs in that loop. Picture hosts have the processor's.
 */
export const silenceMs = { gpu: 60_000, cpu: 180_000 };

/**
 * Longest time from a call to its answer or to the next event. Each limit is about ten times what a slow machine takes, seen or
 * estimated: ending a host that works costs more than waiting for one that hangs.
 */
export const limitsMs: Record<HostCall, number> = {
  configure: 60_000,
  // A driver may take seconds to wake a GPU.
  detect: 60_000,
  sweep: 120_000,
  lookUp: 120_000,
  // Reads and hashes up to gigabytes; an old disk reads 50 MB a second.
  warm: 300_000,
  verify: 300_000,
  // Serializing writes gigabytes and reports no progress.
  refit: 600_000,
  // Compiles kernels: half a minute for the largest network on a slow processor.
  check: 600_000,
  time: 120_000,
  keep: 300_000,
  openGpu: 600_000,
  openCpu: 300_000,
  openWebgpu: 300_000,
  timeOnnx: 120_000,
  update: 600_000,
  compare: 600_000,
  // Waits for the runs under way.
  release: 120_000,
  // Counted from one tile to the next.
  infer: 300_000,
  inferPart: 300_000,
  inferSheet: 300_000,
  inferPicture: 300_000,
  cancel: 60_000,
  handOver: 60_000,
  view: 60_000,
  cut: 60_000,
  // A tool's own code between two questions to networks; the networks' time is not counted.
  finish: 300_000,
  goOn: 300_000,
  endFinish: 60_000,
  // As long as a page decodes; of one that falls silent the host says so itself.
  receive: 3_600_000,
  endReceive: 60_000,
  // These read a whole picture, perhaps from a slow disk.
  carry: 300_000,
  fullAlpha: 300_000,
  apply: 300_000,
  // Counted from one progress event to the next.
  encode: 300_000,
  encodeAhead: 60_000,
  cancelEncode: 60_000,
  forget: 60_000,
};

/** Beats without a sign of life, and without work among them, after which `onQuiet` tells. */
const quietBeats = { silent: 5, idle: 3 };

export class Watchdog {
  private silentMs = 0;
  private readonly calls = new Map<number, { call: HostCall; ms: number }>();
  private timer: NodeJS.Timeout | undefined;
  private idleBeats = 0;
  private isQuiet = false;

  /**
   * Called with true after some seconds without a sign of life or of work; with false at the next sign, or when no call is under way
   * any more.
   */
  onQuiet: (isQuiet: boolean) => void = () => {};
  /** Whether the host's process computes. Work that rightly blocks its event loop does. */
  isWorking: () => boolean = () => false;

  /**
   * @param onHang called once with the reason, in words for a log. @param silence, limits as above, in ms.
   */
  constructor(
    private readonly onHang: (why: string) => void,
    private readonly silence: number,
    private readonly limits: Record<HostCall, number> = limitsMs,
    private readonly tickMs = beatMs,
  ) {}

  /** Watches a call until `ended`. */
  began(id: number, call: HostCall): void {
    // A host that had nothing to do was silent by right.
    if (this.calls.size === 0) this.silentMs = 0;
    this.calls.set(id, { call, ms: 0 });
    this.timer ??= setInterval(() => this.tick(), this.tickMs);
  }

  ended(id: number): void {
    this.calls.delete(id);
    if (this.calls.size === 0) this.stop();
  }

  /** To be called with every message. @param isProgress whether it reports work, not only life. */
  heard(isProgress: boolean): void {
    this.silentMs = 0;
    this.setQuiet(false);
    if (isProgress) for (const watched of this.calls.values()) watched.ms = 0;
  }

  stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
    this.calls.clear();
    this.setQuiet(false);
  }

  private setQuiet(isQuiet: boolean): void {
    if (!isQuiet) this.idleBeats = 0;
    if (isQuiet === this.isQuiet) return;
    this.isQuiet = isQuiet;
    this.onQuiet(isQuiet);
  }

  private listen(): void {
    const silent = this.silentMs / this.tickMs;
    if (silent < quietBeats.silent - quietBeats.idle) return;
    this.idleBeats = this.isWorking() ? 0 : this.idleBeats + 1;
    if (silent >= quietBeats.silent && this.idleBeats >= quietBeats.idle) this.setQuiet(true);
  }

  private tick(): void {
    const why = this.late();
    if (why === undefined) this.listen();
    else {
      this.stop();
      this.onHang(why);
    }
  }

  private late(): string | undefined {
    this.silentMs += this.tickMs;
    if (this.silentMs > this.silence) return `no sign of life for ${seconds(this.silence)} s`;
    for (const watched of this.calls.values()) {
      watched.ms += this.tickMs;
      const limit = this.limits[watched.call];
      if (watched.ms > limit) return `${watched.call} took longer than ${seconds(limit)} s`;
    }
    return undefined;
  }
}

/** The host's side: says that it lives while a call is under way. An idle host stays silent and wakes nobody. */
export class Beat {
  private underWay = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly say: () => void,
    private readonly everyMs: number,
  ) {}

  began(): void {
    this.underWay += 1;
    this.timer ??= setInterval(this.say, this.everyMs);
  }

  ended(): void {
    this.underWay -= 1;
    if (this.underWay > 0) return;
    clearInterval(this.timer);
    this.timer = undefined;
  }
}

const seconds = (ms: number): number => Math.round(ms / 100) / 10;
