/**
 * One picture to a host and its tiles back, pixels by spool.ts; by messages, slower, where no such file can be made (a full
 * or read-only disk must not cost a picture).
 */
import type { ModelCard } from '../app/catalog';
import type { Picture, Rect } from '../app/tiles';
import type { Host } from './host';
import type { HostCalls, HostEvents } from './hostProtocol';
import { Kept } from './kept';
import { Spool, slots } from './spool';

export interface Tile {
  done: number;
  total: number;
  rect: Rect;
  /** RGB, rows tight. Only until `receive` resolves: the next tile may then lie there. */
  rgb: Uint8Array;
}

interface Job {
  id: number;
  model: string;
  device: 'gpu' | 'cpu';
  picture: Picture;
  /** Parts of the result that were received, here or in a try before; each received tile is added. */
  finished: Rect[];
}

/** Rows are told in bands of about this much, so that the first tile is under way while the rest still travels. */
const bandBytes = 2 << 20;

export class Transfer {
  private running: Running | undefined;
  private readonly kept = new Kept(20_000);

  constructor(private readonly host: Pick<Host, 'call' | 'tell'>) {}

  /**
   * Runs a picture through an open session. Resolves when the last tile was received.
   * @param receive is given each tile; while it has not resolved the tile's place is not used again, so a slow receiver slows
   * the device.
   * @throws what Host.call and `receive` throw.
   */
  async infer(card: ModelCard, job: Job, receive: Receive): Promise<'done' | 'cancelled'> {
    for (;;) {
      const place = await this.spoolFor(card, job.picture);
      if (!place) break;
      let kind: HostCalls['infer']['result']['kind'];
      try {
        ({ kind } = await this.run(card, job, receive, place.spool));
      } catch (error) {
        await this.kept.drop();
        throw error;
      }
      if (kind !== 'spoolFailed') {
        this.kept.rest();
        return kind;
      }
      await this.kept.drop();
      // One of the job before may be gone with the host that had it open; a new one that fails would fail again.
      if (place.isNew) break;
    }
    const { kind } = await this.run(card, job, receive, undefined);
    if (kind === 'spoolFailed') throw new Error('A host that was given no spool says that it failed');
    return kind;
  }

  /** To be called with each tile event of the host. @throws Error where no honest host would say so (host.ts then ends it). */
  onTile(tile: HostEvents['tile']): void {
    const { jobId, done, total, rect, pixels } = tile;
    const { running } = this;
    if (running?.id !== jobId) return;
    refuseWild(tile, running);
    const { spool } = running;
    const taken = async (): Promise<void> => {
      if (pixels.kind === 'bytes') {
        await running.receive({ done, total, rect, rgb: pixels.rgb });
        running.finished.push(rect);
      } else if (spool) {
        const rgb = this.kept
          .buffer(`slot ${pixels.slot}`, spool.facts.slotBytes)
          .subarray(0, rect.width * rect.height * 3);
        await spool.readSlot(pixels.slot, rgb);
        await running.receive({ done, total, rect, rgb });
        running.finished.push(rect);
      }
    };
    const promise = taken().finally(() => {
      if (this.running === running)
        this.host.tell('took', { jobId, ...(pixels.kind === 'slot' && { slot: pixels.slot }) });
      running.received.delete(promise);
    });
    running.received.add(promise);
    promise.catch((error: unknown) => {
      running.failure ??= { error };
    });
  }

  private spoolFor(
    { flow, profiles }: ModelCard,
    { rgb }: Picture,
  ): Promise<{ spool: Spool; isNew: boolean } | undefined> {
    if (flow.kind !== 'tiles') return Promise.resolve(undefined);
    const areas = [flow.cpuTile ** 2, ...profiles.map(({ width, height }) => width * height)];
    const slotBytes = Math.max(...areas) * flow.scale ** 2 * 3;
    return this.kept
      .spoolFor(
        (spool) => spool.hasRoom(rgb.byteLength, slotBytes),
        () => Spool.create(rgb.byteLength, slotBytes),
      )
      .catch(() => undefined);
  }

  private async run(
    { flow }: ModelCard,
    job: Job,
    receive: Receive,
    spool: Spool | undefined,
  ): Promise<HostCalls['infer']['result']> {
    const { id, model, device, picture, finished } = job;
    const { width, height, rgb } = picture;
    const scale = flow.kind === 'tiles' ? flow.scale : 1;
    const result = { width: width * scale, height: height * scale };
    const received: Running['received'] = new Set();
    const running: Running = { id, spool, result, receive, finished, received, failure: undefined };
    this.running = running;
    const pixels = spool ? ({ kind: 'spool', ...spool.facts } as const) : ({ kind: 'bytes', rgb } as const);
    let sending: Promise<void> | undefined;
    const asked = { jobId: id, model, device, width, height, pixels, finished: [...finished] };
    // Where tiles lie here untaken, or rows are still on their way, the host may have nothing to do.
    const answer = this.host.call('infer', asked, () => running.received.size > 0 || sending !== undefined);
    if (spool)
      sending = this.sendRows(job, spool, running).finally(() => {
        sending = undefined;
      });
    const [settled] = await Promise.allSettled([answer]);
    // First of all: what is still told of this try must not reach a host that was started for the next.
    if (this.running === running) this.running = undefined;
    await sending;
    // Tiles that came before a host's death are as good as any.
    await Promise.allSettled(running.received);
    if (running.failure) throw running.failure.error;
    if (settled.status === 'rejected') throw settled.reason;
    return settled.value;
  }

  /** The picture's rows, band by band, into the spool. */
  private async sendRows({ id, picture: { width, height, rgb } }: Job, spool: Spool, running: Running): Promise<void> {
    const rowBytes = width * 3;
    const rows = Math.max(1, Math.floor(bandBytes / rowBytes));
    for (let row = 0; row < height; row += rows) {
      const end = Math.min(row + rows, height);
      try {
        await spool.writePicture(rgb.subarray(row * rowBytes, end * rowBytes), row * rowBytes);
      } catch (error) {
        if (this.running !== running) return;
        return this.host.tell('rows', { jobId: id, failed: String(error) });
      }
      if (this.running !== running) return;
      this.host.tell('rows', { jobId: id, upTo: end });
    }
  }
}

type Receive = (tile: Tile) => Promise<void> | void;

interface Running {
  id: number;
  spool: Spool | undefined;
  /** Of the whole result, in pixels. */
  result: { width: number; height: number };
  receive: Receive;
  finished: Rect[];
  /** Tiles that are being received. */
  received: Set<Promise<void>>;
  failure: { error: unknown } | undefined;
}

/** More tiles than a host has places for: one that waits for none of them would fill main's memory. */
const maxReceived = 4 * slots;

function refuseWild({ done, total, rect, pixels }: HostEvents['tile'], { spool, result, received }: Running): void {
  const { x, y, width, height } = rect;
  if (done > total || x + width > result.width || y + height > result.height)
    throw new RangeError(`Expected a tile of ${result.width} × ${result.height} but received ${JSON.stringify(rect)}`);
  const bytes = width * height * 3;
  if (pixels.kind === 'bytes' ? pixels.rgb.byteLength !== bytes : !spool || bytes > spool.facts.slotBytes)
    throw new RangeError(`Expected ${bytes} bytes of a tile in ${pixels.kind}`);
  if (received.size >= maxReceived) throw new RangeError(`Expected a host to wait after ${maxReceived} tiles`);
}
