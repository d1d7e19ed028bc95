/**
 * Allocates a result's file ahead, in memory, while the person still looks at the picture: to allocate its pages takes longer than the
 * fastest networks do. Only where memory is plentiful, one file at a time, and not for long.
 */
import { pictureBytes } from '../../app/pictureFile';
import { PictureFile, type PictureShape, type Places } from './pictureFile';

/** Share of the memory that pictures may take. */
const share = 0.5;
/** A person who has started no job by then is busy elsewhere. */
const keptMs = 120_000;

export interface ResultRoom {
  /** Begins to allocate a file of this shape instead of the one before. Does nothing more where memory is not plentiful. */
  make(shape: PictureShape): void;
  /** The file, if it has this shape; nothing here writes to it any more. A file of another shape is given back. */
  take(shape: PictureShape): Promise<PictureFile | undefined>;
  /** Gives the file back. Resolves once its memory is free. */
  drop(): Promise<void>;
}

export function createResultRoom({ memory }: Places): ResultRoom {
  let held: { shape: PictureShape; stop: AbortController; file: Promise<PictureFile | undefined> } | undefined;
  let clock: NodeJS.Timeout | undefined;

  async function allocate(shape: PictureShape, before: Promise<void>, stop: AbortSignal) {
    await before;
    const bytes = pictureBytes(shape.width, shape.height, shape.channels);
    if (!memory || bytes > (await memory.freeBytes()) * share || stop.aborted) return undefined;
    const file = await PictureFile.create(shape, memory.folder);
    try {
      await file.allocate(stop);
      return file;
    } catch {
      // Others have taken the memory meanwhile. The job looks for room itself, and finds some on the disk or says so.
      await file.close();
      return undefined;
    }
  }

  /** Lets go of the file and stops the writes to it. */
  function release() {
    const released = held;
    held = undefined;
    clearTimeout(clock);
    released?.stop.abort();
    return released;
  }

  async function drop(): Promise<void> {
    const file = await release()?.file;
    await file?.close();
  }

  return {
    make(shape) {
      if (held && isSame(held.shape, shape)) return;
      const stop = new AbortController();
      const file = allocate(shape, drop(), stop.signal).catch(() => undefined);
      held = { shape, stop, file };
      clock = setTimeout(() => void drop(), keptMs);
      clock.unref();
    },
    async take(shape) {
      if (held && isSame(held.shape, shape)) return release()?.file;
      await drop();
      return undefined;
    },
    drop,
  };
}

const isSame = (a: PictureShape, b: PictureShape): boolean =>
  a.width === b.width && a.height === b.height && a.channels === b.channels;
