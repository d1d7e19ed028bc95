/** The host's end of a job: the picture as it arrives, the tiles as they leave. Main's end is transfer.ts. */
import { EventEmitter, once } from 'node:events';
import type { HostCalls, HostEvents } from './hostProtocol';
import { type ArrivingPicture, inferTiles, type TileDone } from './infer';
import type { Kept } from './kept';
import type { ModelSession } from './session';
import { Spool, slots } from './spool';

/** Tiles on their way to main in messages before the device waits. */
const maxUntaken = 4;

/** The spool is of no more use: the job is to be asked again without one. */
class SpoolFailure extends Error {}

export class HostJob {
  cancelled = false;
  readonly picture: ArrivingPicture;
  private spool: Spool | undefined;
  private rowsThere: number;
  private rowsRead: number;
  private reading: Promise<void> | undefined;
  private failure: string | undefined;
  private readonly freeSlots = Array.from({ length: slots }, (_, i) => i);
  private untaken = 0;
  private readonly changed = new EventEmitter();

  constructor(
    private readonly asked: HostCalls['infer']['args'],
    private readonly emitTile: (tile: HostEvents['tile']) => void,
    private readonly kept: Kept,
  ) {
    const { width, height, pixels } = asked;
    // Each lane listens.
    this.changed.setMaxListeners(0);
    this.rowsThere = this.rowsRead = pixels.kind === 'bytes' ? height : 0;
    this.picture = {
      width,
      height,
      rgb: pixels.kind === 'bytes' ? pixels.rgb : kept.buffer('picture', width * height * 3),
      arrived: (rows) => this.arrived(rows),
    };
  }

  get id(): number {
    return this.asked.jobId;
  }

  /** The picture through a `tiles` model; each tile is emitted. @throws what the session throws. */
  async runTiles(session: ModelSession): Promise<HostCalls['infer']['result']> {
    try {
      await this.begin();
      const isDone = await inferTiles(
        session,
        this.picture,
        (tile) => this.deliver(tile),
        () => this.cancelled,
        this.asked.finished,
        (use, bytes) => this.kept.buffer(use, bytes),
      );
      this.kept.rest();
      return { kind: isDone ? 'done' : 'cancelled' };
    } catch (error) {
      // Other lanes may be at work with it; they have nothing to wait for.
      this.cancel();
      await this.kept.drop();
      if (error instanceof SpoolFailure) return { kind: 'spoolFailed' };
      throw error;
    }
  }

  /** @throws SpoolFailure. */
  private async begin(): Promise<void> {
    const facts = this.asked.pixels;
    if (facts.kind !== 'spool') return;
    const joined = await orSpoolFailure(
      this.kept.spoolFor(
        (spool) => spool.facts.file === facts.file,
        () => Spool.join(facts),
      ),
    );
    this.spool = joined.spool;
  }

  cancel(): void {
    this.cancelled = true;
    this.changed.emit('change');
  }

  rows(told: HostCalls['rows']['args']): void {
    if ('failed' in told) this.failure = told.failed;
    else this.rowsThere = told.upTo;
    this.changed.emit('change');
  }

  took(slot: number | undefined): void {
    if (slot === undefined) this.untaken -= 1;
    else this.freeSlots.push(slot);
    this.changed.emit('change');
  }

  /** Hands a tile to main; resolves once its pixels lie elsewhere. @throws SpoolFailure. */
  private async deliver({ rgb, ...tile }: TileDone): Promise<void> {
    const jobId = this.id;
    if (this.cancelled) return;
    if (!this.spool) {
      this.emitTile({ jobId, ...tile, pixels: { kind: 'bytes', rgb } });
      this.untaken += 1;
      while (this.untaken >= maxUntaken && !this.cancelled) await once(this.changed, 'change');
      return;
    }
    let slot = this.freeSlots.pop();
    while (slot === undefined) {
      await once(this.changed, 'change');
      if (this.cancelled) return;
      slot = this.freeSlots.pop();
    }
    await orSpoolFailure(this.spool.writeSlot(slot, rgb));
    // Main may have been answered meanwhile, and asked again: the slot would be taken for the new try's.
    if (this.cancelled) return;
    this.emitTile({ jobId, ...tile, pixels: { kind: 'slot', slot } });
  }

  private async arrived(rows: number): Promise<void> {
    while (this.rowsRead < rows && !this.cancelled) {
      if (this.failure) throw new SpoolFailure(this.failure);
      if (this.rowsRead === this.rowsThere) await once(this.changed, 'change');
      else {
        this.reading ??= this.readRows().finally(() => {
          this.reading = undefined;
        });
        await this.reading;
      }
    }
  }

  private async readRows(): Promise<void> {
    const { width, rgb } = this.picture;
    const [from, to] = [this.rowsRead * width * 3, this.rowsThere * width * 3];
    const rows = this.rowsThere;
    await orSpoolFailure(this.spool?.readPicture(rgb.subarray(from, to), from));
    this.rowsRead = rows;
  }
}

async function orSpoolFailure<T>(work: Promise<T>): Promise<T>;
async function orSpoolFailure<T>(work: Promise<T> | undefined): Promise<T | undefined>;
async function orSpoolFailure<T>(work: Promise<T> | undefined): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    throw new SpoolFailure(String(error), { cause: error });
  }
}
