/** Tiles to the window, which draws slower than a GPU computes: no more than a few are ever on their way to it. */
import type { TileEvent } from '../app/contract';

const maxUnseen = 8;

export interface Outbox {
  /** Sends a tile; resolves when the next one may come. */
  show(tile: TileEvent): Promise<void>;
  /** To be called with each word from the window that it has drawn one. */
  shown(): void;
  /** Forgets what is on its way: a window that was loaded anew never answers. */
  reset(): void;
}

export function createOutbox(send: (tile: TileEvent) => void): Outbox {
  let unseen = 0;
  let waiting: (() => void)[] = [];
  const wake = (): void => {
    const woken = waiting;
    waiting = [];
    for (const go of woken) go();
  };
  return {
    show: async (tile) => {
      while (unseen >= maxUnseen) await new Promise<void>((resolve) => waiting.push(resolve));
      unseen += 1;
      send(tile);
    },
    shown: () => {
      unseen = Math.max(0, unseen - 1);
      wake();
    },
    reset: () => {
      unseen = 0;
      wake();
    },
  };
}
