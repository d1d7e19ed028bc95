/** Makes a result's PNG before anyone asks for it: deflates its strips while the last tiles still come. */
import os from 'node:os';
import type { MappedPicture, PixelsBinding } from '../../native/pixels';
import type { Layer } from './layers';
import { PngStrips } from './png';

/** A PNG in the making, with the pictures that it reads. Its owner closes it. */
export interface OpenStrips {
  strips: PngStrips;
  close(): Promise<void>;
}

/** @throws NativeError FILE_FAILED, BAD_ARGUMENT. */
export function openStrips(
  { picture, alpha }: Layer,
  pixels: PixelsBinding,
  options?: ConstructorParameters<typeof PngStrips>[3],
): OpenStrips {
  const mapped: MappedPicture[] = [];
  const open = (facts: Layer['picture'], channels: 1 | 3): MappedPicture => {
    const one = pixels.openPicture({ ...facts, channels }, 'read');
    mapped.push(one);
    return one;
  };
  const strips = new PngStrips(open(picture, 3), alpha ? open(alpha, 1) : null, pixels, options);
  return {
    strips,
    close: async () => {
      await strips.close();
      for (const one of mapped) one.close();
    },
  };
}

/** The latest result's PNG. */
export class PngAhead {
  private latest: (OpenStrips & { layer: Layer }) | undefined;
  /** Settles with the last call. */
  private turn: Promise<void> = Promise.resolve();

  constructor(private readonly pixels: () => PixelsBinding) {}

  /** @param rows the number of final rows, from the top; 0 takes back what was said before. */
  rowsReady(layer: Layer, rows: number): Promise<void> {
    if (rows === 0) return this.forget(layer.picture.file);
    return this.inTurn(async () => {
      if (!this.isOf(layer)) {
        await this.letGo();
        // A quarter of the cores, because as many threads copy a fast network's tiles as tiles are under way.
        const parallel = Math.max(1, os.availableParallelism() >> 2);
        this.latest = { layer, ...openStrips(layer, this.pixels(), { spool: os.tmpdir(), parallel }) };
      }
      this.latest?.strips.rowsReady(rows);
    });
  }

  /** Hands over what was made of this picture; the caller closes it. */
  take(layer: Layer): OpenStrips | undefined {
    if (!this.isOf(layer)) return undefined;
    const taken = this.latest;
    this.latest = undefined;
    return taken;
  }

  /** Resolves when nothing of it reads the file any more. */
  forget(file: string): Promise<void> {
    return this.inTurn(async () => {
      const layer = this.latest?.layer;
      if (layer?.picture.file === file || layer?.alpha?.file === file) await this.letGo();
    });
  }

  /** Calls come while an earlier one still lets strips go: each waits for it, so that what one opened no other overwrites. */
  private inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.turn.then(work);
    this.turn = done.catch(() => undefined);
    return done;
  }

  private async letGo(): Promise<void> {
    const left = this.latest;
    this.latest = undefined;
    await left?.close();
  }

  private isOf({ picture, alpha }: Layer): boolean {
    const layer = this.latest?.layer;
    return layer?.picture.file === picture.file && layer.alpha?.file === alpha?.file;
  }
}
