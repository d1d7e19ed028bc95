/**
 * Picture → overlapping tiles → picture. Pure.
 *
 * A network sees only its tile and guesses near the tile's edge. So each tile brings `overlap` pixels of context on its inner sides,
 * and only the core of its result is kept. Cores lie side by side and cover the picture exactly once.
 */

/** Pixels of 3 bytes (RGB), rows from the top, no padding. */
export interface Picture {
  width: number;
  height: number;
  rgb: Uint8Array;
}

export interface Rect {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface Tile {
  /** Top left corner of the tile in the picture. */
  x: number;
  y: number;
  /** The part of the picture that this tile answers for, in the picture's coordinates; inside the tile. */
  core: Rect;
}

/**
 * Lays tiles over a picture. Every tile lies wholly inside a picture that is large enough: the last of a row or column is pushed
 * back instead of padded. `cutTile` mirrors a picture that is smaller than a tile.
 * @param tileWidth, tileHeight the profile's shape in pixels; each must exceed 2 × overlap.
 * @returns tiles row by row from the top left.
 */
export function planTiles(
  width: number,
  height: number,
  tileWidth: number,
  tileHeight: number,
  overlap: number,
): Tile[] {
  const columns = planAxis(width, tileWidth, overlap);
  const rows = planAxis(height, tileHeight, overlap);
  return rows.flatMap((row) =>
    columns.map((column) => ({
      x: column.start,
      y: row.start,
      core: {
        x: column.coreStart,
        y: row.coreStart,
        width: column.coreEnd - column.coreStart,
        height: row.coreEnd - row.coreStart,
      },
    })),
  );
}

/** How many tiles `planTiles` lays over a picture. */
export const countTiles = (...[width, height, tileWidth, tileHeight, overlap]: Parameters<typeof planTiles>): number =>
  planAxis(width, tileWidth, overlap).length * planAxis(height, tileHeight, overlap).length;

interface Span {
  start: number;
  coreStart: number;
  coreEnd: number;
}

function planAxis(length: number, tile: number, overlap: number): Span[] {
  if (tile <= 2 * overlap) throw new RangeError(`Expected tile > 2 × overlap but received ${tile} and ${overlap}`);
  if (length <= tile) return [{ start: 0, coreStart: 0, coreEnd: length }];
  const step = tile - 2 * overlap;
  const spans: Span[] = [];
  let coreStart = 0;
  while (coreStart < length) {
    const start = Math.min(Math.max(coreStart - overlap, 0), length - tile);
    const isLast = start + tile >= length;
    const coreEnd = isLast ? length : coreStart === 0 ? tile - overlap : coreStart + step;
    spans.push({ start, coreStart, coreEnd });
    coreStart = coreEnd;
  }
  return spans;
}

/**
 * Copies a tile out of a picture, and mirrors the picture beyond its last column and row: networks take a repeated edge for a feature
 * and bend the picture towards it.
 * @param out uint8 `[tileHeight, tileWidth, 3]`, filled.
 */
export function cutTile(picture: Picture, tile: Tile, tileWidth: number, tileHeight: number, out: Uint8Array): void {
  const { width, height, rgb } = picture;
  const inside = Math.min(tileWidth, width - tile.x);
  let o = 0;
  for (let row = 0; row < tileHeight; row++) {
    const base = mirrored(tile.y + row, height) * width;
    out.set(rgb.subarray((base + tile.x) * 3, (base + tile.x + inside) * 3), o);
    o += inside * 3;
    for (let column = inside; column < tileWidth; column++) {
      const i = (base + mirrored(tile.x + column, width)) * 3;
      out[o++] = rgb[i] as number;
      out[o++] = rgb[i + 1] as number;
      out[o++] = rgb[i + 2] as number;
    }
  }
}

/** An index folded back into 0 … length - 1, the edge itself not repeated: 0 1 2 1 0 1 2 … for a length of 3. */
function mirrored(index: number, length: number): number {
  if (index < length) return index;
  if (length === 1) return 0;
  const period = 2 * (length - 1);
  const folded = index % period;
  return folded < length ? folded : period - folded;
}

/**
 * Finds a tile's core in its result, which is `scale` times as large.
 * @returns `crop` in the tile's output, `rect` in the enlarged picture; of one size.
 */
export function coreOf({ x, y, core }: Tile, scale: number): { crop: Rect; rect: Rect } {
  const width = core.width * scale;
  const height = core.height * scale;
  return {
    crop: { x: (core.x - x) * scale, y: (core.y - y) * scale, width, height },
    rect: { x: core.x * scale, y: core.y * scale, width, height },
  };
}

/** Whether every pixel of a part lies in one of the others, however they overlap. */
export function isCovered(part: Rect, others: readonly Rect[]): boolean {
  let open = [part];
  for (const other of others) {
    open = open.flatMap((rect) => without(rect, other));
    if (open.length === 0) return true;
  }
  return false;
}

/** A part without another: up to four strips, or the part itself if the two do not meet. */
function without(part: Rect, other: Rect): Rect[] {
  const left = Math.max(part.x, other.x);
  const top = Math.max(part.y, other.y);
  const right = Math.min(part.x + part.width, other.x + other.width);
  const bottom = Math.min(part.y + part.height, other.y + other.height);
  if (left >= right || top >= bottom) return [part];
  const strips: Rect[] = [
    { x: part.x, y: part.y, width: part.width, height: top - part.y },
    { x: part.x, y: bottom, width: part.width, height: part.y + part.height - bottom },
    { x: part.x, y: top, width: left - part.x, height: bottom - top },
    { x: right, y: top, width: part.x + part.width - right, height: bottom - top },
  ];
  return strips.filter(({ width, height }) => width > 0 && height > 0);
}

/**
 * Cuts a part out of an image.
 * @param image uint8 `[…, imageWidth, 3]`. @param out uint8 `[crop.height, crop.width, 3]`, filled.
 */
export function cropImage(image: Uint8Array, imageWidth: number, crop: Rect, out: Uint8Array): void {
  const rowBytes = crop.width * 3;
  for (let row = 0; row < crop.height; row++) {
    const from = ((crop.y + row) * imageWidth + crop.x) * 3;
    out.set(image.subarray(from, from + rowBytes), row * rowBytes);
  }
}
