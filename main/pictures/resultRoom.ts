/**
 * Room for a result before its job begins: while a person looks at a picture, memory's pages for what the chosen tool would make of it
 * are laid out, which takes longer than the fastest networks. Only where memory is plentiful, one file at a time, and not for long.
 */
import { pictureBytes } from '../../app/pictureFile';
import { PictureFile, type PictureShape, type Places } from './pictureFile';

/** Of what a picture may take of memory. */
const share = 0.5;
/** Who has not begun by then is somewhere else. */
const keptMs = 120_000;

export interface ResultRoom {
  /** Makes room for a picture; what was made before is given back. Makes none where memory is not plentiful. */
  make(shape: PictureShape): void;
  /** The file, if it is of that shape; another is given back. Nothing writes to it any more. */
  take(shape: PictureShape): Promise<PictureFile | undefined>;
  /** Gives back what there is. Resolves once it is free. */
  drop(): Promise<void>;
}

export function createResultRoom({ memory }: Places): ResultRoom {
  let held: { shape: PictureShape; stop: AbortController; file: Promise<PictureFile | undefined> } | undefined;
  let clock: NodeJS.Timeout | undefined;

  async function layOut(shape: PictureShape, before: Promise<void>, stop: AbortSignal) {
    await before;
    const bytes = pictureBytes(shape.width, shape.height, shape.channels);
    if (!memory || bytes > (await memory.freeBytes()) * share || stop.aborted) return undefined;
    const file = await PictureFile.create(shape, memory.folder);
    try {
      await file.layOut(stop);
      return file;
    } catch {
      // Others have taken it meanwhile; the job's own look for room will say so, or find some on the disk.
      await file.close();
      return undefined;
    }
  }

  /** What is held, held no more and written to no more. */
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
      const file = layOut(shape, drop(), stop.signal).catch(() => undefined);
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
