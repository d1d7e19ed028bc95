/**
 * Picture → overlapping tiles → picture. Pure.
 *
 * A network sees only its tile, so near a tile's edge it guesses. Each tile therefore brings `overlap` pixels of context
 * on its inner sides; of what comes back only the core is kept. Cores lie side by side and cover the picture exactly once.
 */

/** Pixels as Chromium gives them: 4 bytes each (RGBA), rows from the top, no padding. */
export interface Picture {
  width: number;
  height: number;
  rgba: Uint8Array | Uint8ClampedArray;
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
 * Lays tiles over a picture. Every tile lies wholly inside the picture where the picture is large enough; the last of a
 * row or column is pushed back inside rather than padded. Where the picture is smaller than a tile, `cutTile`
 * mirrors it.
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
 * Copies a tile out of a picture, dropping alpha. Beyond its last column or row the picture is mirrored: networks take
 * a repeated edge for a feature and bend the picture towards it.
 * @param out uint8 `[tileHeight, tileWidth, 3]`, filled.
 */
export function cutTile(picture: Picture, tile: Tile, tileWidth: number, tileHeight: number, out: Uint8Array): void {
  const { width, height, rgba } = picture;
  let o = 0;
  for (let row = 0; row < tileHeight; row++) {
    const base = mirrored(tile.y + row, height) * width;
    for (let column = 0; column < tileWidth; column++) {
      const i = (base + mirrored(tile.x + column, width)) * 4;
      out[o++] = rgba[i] as number;
      out[o++] = rgba[i + 1] as number;
      out[o++] = rgba[i + 2] as number;
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
 * Cuts the core out of a tile that came back `scale` times as large.
 * @param output uint8 `[tileHeight × scale, tileWidth × scale, 3]`.
 * @returns the core's place in the enlarged picture and its pixels, RGB, rows tight.
 */
export function takeCore(
  output: Uint8Array,
  tile: Tile,
  tileWidth: number,
  scale: number,
): { rect: Rect; rgb: Uint8Array } {
  const { core } = tile;
  const rect = { x: core.x * scale, y: core.y * scale, width: core.width * scale, height: core.height * scale };
  const rowBytes = rect.width * 3;
  const rgb = new Uint8Array(rowBytes * rect.height);
  const left = (core.x - tile.x) * scale * 3;
  const top = (core.y - tile.y) * scale;
  const stride = tileWidth * scale * 3;
  for (let row = 0; row < rect.height; row++) {
    const from = (top + row) * stride + left;
    rgb.set(output.subarray(from, from + rowBytes), row * rowBytes);
  }
  return { rect, rgb };
}
