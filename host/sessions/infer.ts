/** Runs pictures through a session: tile by tile from one file into another, or whole. */
import type { Picture, Rect } from '../../app/tiles';
import { coreOf, isCovered, planTiles } from '../../app/tiles';
import type { PictureFacts } from '../../native/pixels';
import type { ModelSession, Tensor } from './session';

export interface TilesDone {
  done: number;
  total: number;
  /** Parts of the result that are new since the last report. */
  rects: Rect[];
}

export interface TileWork {
  /** RGB. */
  source: PictureFacts;
  /** RGB, `scale` times as large. */
  result: PictureFacts;
  /** Parts of the result that are finished, whatever tile size made them. */
  finished: readonly Rect[];
}

/**
 * Runs a `tiles` model over a picture.
 * @param onDone gets the parts that lie in the result for good.
 * @returns false if it was stopped (`session.stopTiles`).
 * @throws what the session throws.
 */
export async function inferTiles(
  session: ModelSession,
  { source, result, finished }: TileWork,
  onDone: (told: TilesDone) => void,
): Promise<boolean> {
  const { flow } = session.card;
  if (flow.kind !== 'tiles') throw new TypeError(`Expected a model of tiles but received ${session.card.id}`);
  const { width, height } = session;
  const all = planTiles(source.width, source.height, width, height, flow.overlap).map((tile) => ({
    x: tile.x,
    y: tile.y,
    ...coreOf(tile, flow.scale),
  }));
  const tiles = finished.length === 0 ? all : all.filter(({ rect }) => !isCovered(rect, finished));
  const total = all.length;
  let done = total - tiles.length;
  if (tiles.length === 0) return true;
  const end = await session.runTiles(source, result, tiles, (indices) => {
    const rects = Array.from(indices, (i) => tiles[i]?.rect).filter((rect) => rect !== undefined);
    done += rects.length;
    if (rects.length > 0) onDone({ done, total, rects });
  });
  return end === 'done';
}

/** Runs a `whole` model over a picture that already has the profile's shape. */
export async function inferWhole(session: ModelSession, picture: Picture): Promise<Tensor[]> {
  const { width, height } = session;
  const { rgb } = picture;
  if (picture.width !== width || picture.height !== height || rgb.byteLength !== width * height * 3)
    throw new RangeError(`Expected ${width} × ${height} for picture but received ${picture.width} × ${picture.height}`);
  return session.run(rgb);
}
