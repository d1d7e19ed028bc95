/** Pictures through a session: tile by tile, or whole. Runs in the engine host; the hot loop only copies. */
import { coreOf, cutTile, isCovered, type Picture, planTiles, type Rect, type Tile } from '../app/tiles';
import type { ModelSession, Tensor } from './session';

export interface TileDone {
  done: number;
  total: number;
  rect: Rect;
  /** RGB, rows tight; only until `take` resolves, the next tile then lies there. */
  rgb: Uint8Array;
}

export interface ArrivingPicture extends Picture {
  /** Resolves when the first `rows` rows are there. */
  arrived(rows: number): Promise<void>;
}

/**
 * Runs a `tiles` model over a picture. On a GPU several tiles are under way at once: while the device runs one, others are
 * cut, copied and handed on.
 * @param take receives each finished tile; its lane waits until it resolves, so that a slow receiver is never buried.
 * @param isCancelled asked before each tile.
 * @param finished parts of the enlarged picture that need no more work, of whatever tiles they were made.
 * @param buffer gives the lanes their buffers, one for each use at a time.
 * @returns false where it was cancelled.
 */
export async function inferTiles(
  session: ModelSession,
  picture: ArrivingPicture,
  take: (tile: TileDone) => Promise<void>,
  isCancelled: () => boolean,
  finished: readonly Rect[] = [],
  buffer: (use: string, bytes: number) => Uint8Array = (_, bytes) => new Uint8Array(bytes),
): Promise<boolean> {
  const { flow } = session.card;
  if (flow.kind !== 'tiles') throw new TypeError(`Expected a model of tiles but received ${session.card.id}`);
  const { width, height } = session;
  const all = planTiles(picture.width, picture.height, width, height, flow.overlap);
  const tiles = finished.length === 0 ? all : all.filter((tile) => !isCovered(coreOf(tile, flow.scale).rect, finished));
  let started = 0;
  let done = all.length - tiles.length;

  const lane = async (_: unknown, number: number): Promise<void> => {
    const pixels = buffer(`tile ${number}`, width * height * 3);
    const enlarged = buffer(`enlarged ${number}`, pixels.byteLength * flow.scale ** 2);
    for (;;) {
      const tile: Tile | undefined = isCancelled() ? undefined : tiles[started++];
      if (!tile) return;
      await picture.arrived(Math.min(tile.y + height, picture.height));
      if (isCancelled()) return;
      cutTile(picture, tile, width, height, pixels);
      const { crop, rect } = coreOf(tile, flow.scale);
      const rgb = enlarged.subarray(0, rect.width * rect.height * 3);
      await session.runTile(pixels, crop, rgb);
      if (isCancelled()) return;
      done += 1;
      await take({ done, total: all.length, rect, rgb });
    }
  };
  await Promise.all(Array.from({ length: session.lanes }, lane));
  return done === all.length;
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
