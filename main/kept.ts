/**
 * What a job's pixels lie in, on either end: a spool and buffers. Kept from job to job for a while, since fresh megabytes cost
 * more than what is copied into them.
 */
import type { Spool } from './spool';

export class Kept {
  private spool: Spool | undefined;
  private readonly buffers = new Map<string, Uint8Array>();
  private timer: NodeJS.Timeout | undefined;

  /** @param keepMs how long after a job its memory waits for the next. */
  constructor(private readonly keepMs: number) {}

  /** The spool of the job before where that will do, else a new one. @throws what `open` throws. */
  async spoolFor(
    willDo: (spool: Spool) => boolean,
    open: () => Promise<Spool>,
  ): Promise<{ spool: Spool; isNew: boolean }> {
    clearTimeout(this.timer);
    if (this.spool && willDo(this.spool)) return { spool: this.spool, isNew: false };
    const { spool } = this;
    this.spool = undefined;
    await spool?.close();
    this.spool = await open();
    return { spool: this.spool, isNew: true };
  }

  /** A buffer of one use, holding whatever it held. */
  buffer(use: string, bytes: number): Uint8Array {
    let buffer = this.buffers.get(use);
    if (!buffer || buffer.byteLength < bytes) {
      buffer = new Uint8Array(bytes);
      this.buffers.set(use, buffer);
    }
    return buffer.subarray(0, bytes);
  }

  /** A job is over and nothing of it is under way. */
  rest(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.drop(), this.keepMs);
    this.timer.unref();
  }

  /** Also where work on it may be under way still: nothing of it is then used again. */
  async drop(): Promise<void> {
    clearTimeout(this.timer);
    this.buffers.clear();
    const { spool } = this;
    this.spool = undefined;
    await spool?.close();
  }
}
