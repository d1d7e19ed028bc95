/**
 * One picture to a host and its tiles back, pixels by spool.ts; by messages, slower, where no such file can be made (a full
 * or read-only disk must not cost a picture).
 */
import type { ModelCard } from '../app/catalog';
import type { Picture, Rect } from '../app/tiles';
import type { Host } from './host';
import type { HostCalls, HostEvents } from './hostProtocol';
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

  constructor(private readonly host: Pick<Host, 'call' | 'tell'>) {}

  /**
   * Runs a picture through an open session. Resolves when the last tile was received.
   * @param receive is given each tile; while it has not resolved the tile's place is not used again, so a slow receiver slows
   * the device.
   * @throws what Host.call and `receive` throw.
   */
  async infer(card: ModelCard, job: Job, receive: Receive): Promise<'done' | 'cancelled'> {
    const spool = await spoolFor(card, job.picture);
    try {
      const { kind } = await this.run(card, job, receive, spool);
      if (kind !== 'spoolFailed') return kind;
    } finally {
      await spool?.close();
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
        running.slots[pixels.slot] ??= new Uint8Array(spool.facts.slotBytes);
        const rgb = (running.slots[pixels.slot] as Uint8Array).subarray(0, rect.width * rect.height * 3);
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
    const running: Running = { id, spool, result, receive, finished, received, failure: undefined, slots: [] };
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
  /** What was read of each slot; kept from tile to tile, since fresh megabytes cost more than the copy into them. */
  slots: Uint8Array[];
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

async function spoolFor({ flow, profiles }: ModelCard, { rgb }: Picture): Promise<Spool | undefined> {
  if (flow.kind !== 'tiles') return undefined;
  const areas = [flow.cpuTile ** 2, ...profiles.map(({ width, height }) => width * height)];
  return Spool.create(rgb.byteLength, Math.max(...areas) * flow.scale ** 2 * 3).catch(() => undefined);
}
