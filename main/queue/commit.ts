/** Gives a written file its name, once: whatever ends the app, the next start knows whether it did. */
import { stat } from 'node:fs/promises';
import type { Save } from '../../storage/saveFile';
import type { Outputs, Place, Wanted } from './outputs';
import type { QueueRecord } from './record';

export interface Written {
  /** Begun at the place with `replace: false`, and written. */
  save: Save;
  /** What is saved in it: an item, or all those whose text it has. The first one has its name reserved. */
  items: readonly [number, ...number[]];
  /** As it was reserved, and what for: another name is taken where somebody took it meanwhile. */
  place: Place;
  wanted: Wanted;
  elapsedMs: number;
}

/**
 * @returns where it lies.
 * @throws Error of the file system; nothing of it is then left.
 */
export async function commitOnce(written: Written, outputs: Outputs, record: QueueRecord): Promise<Place> {
  const { save, items, wanted, elapsedMs } = written;
  try {
    const { size: bytes } = await stat(save.temporary);
    for (let place = written.place; ; place = await outputs.reserve(items[0], wanted)) {
      await record.saving(items, { ...place, bytes, elapsedMs });
      const isTaken = await save.commit(place.file).then(
        () => false,
        (error: NodeJS.ErrnoException) => {
          if (error.code === 'EEXIST') return true;
          throw error;
        },
      );
      if (!isTaken) return place;
    }
  } catch (error) {
    await save.abandon();
    throw error;
  }
}
