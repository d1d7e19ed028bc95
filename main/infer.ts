/** Pictures through a session: tile by tile, or whole. Runs in the engine host; the hot loop only copies. */
import { cutTile, type Picture, planTiles, type Rect, type Tile, takeCore } from '../app/tiles';
import type { ModelSession, Tensor } from './session';

export interface TileDone {
  done: number;
  total: number;
  rect: Rect;
  rgb: Uint8Array;
}

/**
 * Runs a `tiles` model over a picture. On a GPU two tiles are under way at once: while the device runs one, the
 * other is cut, copied and handed on.
 * @param take receives each finished tile; the next but one waits until it resolves, so that a slow receiver is never buried.
 * @param isCancelled asked before each tile.
 * @returns false where it was cancelled.
 */
export async function inferTiles(
  session: ModelSession,
  picture: Picture,
  take: (tile: TileDone) => Promise<void>,
  isCancelled: () => boolean,
): Promise<boolean> {
  const { flow } = session.card;
  if (flow.kind !== 'tiles') throw new TypeError(`Expected a model of tiles but received ${session.card.id}`);
  const { width, height } = session;
  const tiles = planTiles(picture.width, picture.height, width, height, flow.overlap);
  let started = 0;
  let done = 0;

  const lane = async (): Promise<void> => {
    const pixels = new Uint8Array(width * height * 3);
    for (;;) {
      const tile: Tile | undefined = isCancelled() ? undefined : tiles[started++];
      if (!tile) return;
      cutTile(picture, tile, width, height, pixels);
      const [output] = await session.run(pixels);
      if (!output || isCancelled()) return;
      const { rect, rgb } = takeCore(output.bytes, tile, width, flow.scale);
      done += 1;
      await take({ done, total: tiles.length, rect, rgb });
    }
  };
  await Promise.all(Array.from({ length: session.lanes }, lane));
  return done === tiles.length;
}

/** Runs a `whole` model over a picture that already has the profile's shape. */
export async function inferWhole(session: ModelSession, picture: Picture): Promise<Tensor[]> {
  const { width, height } = session;
  if (picture.width !== width || picture.height !== height)
    throw new RangeError(`Expected ${width} × ${height} for picture but received ${picture.width} × ${picture.height}`);
  const pixels = new Uint8Array(width * height * 3);
  cutTile(picture, { x: 0, y: 0, core: { x: 0, y: 0, width, height } }, width, height, pixels);
  return session.run(pixels);
}
