/**
 * Keeps one layer as an image pyramid of square tiles, each level half the size of the one below. It asks main for the tiles in sight, at
 * the level that the screen can show, and forgets them again. Result pixels enter the window only here, so its memory does not grow with
 * the picture.
 */
import type { Layer } from '../../app/contract';
import type { Rect } from '../../app/tiles';
import { rgbToRgba } from '../picture/pixels';

/** A layer to show. `id`: the picture's, or the result's. */
export interface LayerSource {
  layer: Layer;
  id: number;
  width: number;
  height: number;
  displayP3: boolean;
}

/** Where the layer lies on its canvas, in the canvas's own pixels. */
export interface CanvasPlacement {
  left: number;
  top: number;
  /** Canvas pixels for one pixel of the layer. */
  scale: number;
}

export const tileSide = 512;
/** Tiles kept beyond those in sight: 1 MB each. */
const spareTiles = 48;
/** Views asked for at once: enough to keep main and its host at work, few enough that the part now in sight comes next. */
const maxAsked = 4;

/** The wait before a view is asked for again whose host died: that call starts the host. */
const retryAfterMs = 500;

interface Tile {
  canvas: OffscreenCanvas;
  /** In the layer's pixels. */
  region: Rect;
  /** The part to ask for anew, in the layer's pixels; null: none. */
  stale: Rect | null;
  isAsked: boolean;
  /** Whether anything of it was ever there. */
  isDrawn: boolean;
  usedAt: number;
}

export class LayerTiles {
  private readonly tiles = new Map<string, Tile>();
  private asked = 0;
  private clock = 0;
  private isGone = false;

  /** @param redraw called when more of the layer can be drawn. */
  constructor(
    readonly source: LayerSource,
    private readonly redraw: () => void,
  ) {}

  /** Draws the part that the canvas shows as far as it has come, and asks for the rest. */
  draw(context: CanvasRenderingContext2D, placement: CanvasPlacement): void {
    const { width, height } = context.canvas;
    context.clearRect(0, 0, width, height);
    context.imageSmoothingEnabled = true;
    context.imageSmoothingQuality = 'medium';
    const level = levelFor(placement.scale);
    const wanted = this.seen(placement, level, width, height);
    this.clock += 1;
    for (const [key, region] of wanted) {
      const tile = this.tileAt(key, region, level);
      tile.usedAt = this.clock;
      if (tile.isDrawn) drawPart(context, tile, region, placement);
      else {
        const coarser = this.coarserOf(region, level);
        if (coarser) drawPart(context, coarser, region, placement);
      }
    }
    this.ask();
    this.forget(wanted.length + spareTiles);
  }

  /** Parts of the layer have changed, in its pixels. */
  changed(rects: readonly Rect[]): void {
    for (const tile of this.tiles.values())
      for (const rect of rects) {
        const part = intersection(tile.region, rect);
        if (part) tile.stale = tile.stale ? union(tile.stale, part) : part;
      }
    this.redraw();
  }

  close(): void {
    this.isGone = true;
    this.tiles.clear();
  }

  private seen({ left, top, scale }: CanvasPlacement, level: number, width: number, height: number): [string, Rect][] {
    const { width: all, height: high } = this.source;
    const side = tileSide * 2 ** level;
    const column = (x: number): number => Math.floor((x - left) / scale / side);
    const row = (y: number): number => Math.floor((y - top) / scale / side);
    const wanted: [string, Rect][] = [];
    for (let r = Math.max(0, row(0)); r <= row(height) && r * side < high; r++)
      for (let c = Math.max(0, column(0)); c <= column(width) && c * side < all; c++) {
        const [x, y] = [c * side, r * side];
        wanted.push([`${level} ${c} ${r}`, { x, y, width: Math.min(side, all - x), height: Math.min(side, high - y) }]);
      }
    return wanted;
  }

  private tileAt(key: string, region: Rect, level: number): Tile {
    let tile = this.tiles.get(key);
    if (!tile) {
      const shrink = 2 ** level;
      const canvas = new OffscreenCanvas(Math.ceil(region.width / shrink), Math.ceil(region.height / shrink));
      tile = { canvas, region, stale: region, isAsked: false, isDrawn: false, usedAt: 0 };
      this.tiles.set(key, tile);
    }
    return tile;
  }

  /** Finds a coarser tile in place of one that has not come yet. */
  private coarserOf({ x, y }: Rect, level: number): Tile | undefined {
    for (let above = level + 1; above < 16; above++) {
      const side = tileSide * 2 ** above;
      const tile = this.tiles.get(`${above} ${Math.floor(x / side)} ${Math.floor(y / side)}`);
      if (tile?.isDrawn) return tile;
    }
    return undefined;
  }

  private ask(): void {
    const next = [...this.tiles.values()].filter((tile) => tile.usedAt === this.clock && tile.stale && !tile.isAsked);
    for (const tile of next) {
      if (this.asked >= maxAsked) return;
      void this.fetch(tile);
    }
  }

  private async fetch(tile: Tile): Promise<void> {
    const { layer, id, displayP3 } = this.source;
    const part = snapped(tile);
    tile.stale = null;
    tile.isAsked = true;
    this.asked += 1;
    const answer = await window.refit.view({ layer, id, region: part.region, width: part.width, height: part.height });
    this.asked -= 1;
    tile.isAsked = false;
    if (this.isGone) return;
    if (!answer.ok) {
      // Main refuses a view once another picture is open. Only a host's death is worth another try.
      if (answer.error.code !== 'HOST_DIED') return;
      const { region } = part;
      tile.stale = tile.stale ? union(tile.stale, region) : region;
      setTimeout(() => this.isGone || this.redraw(), retryAfterMs);
      return;
    }
    const { bytes, channels, there } = answer.value;
    const rgba = channels === 4 ? new Uint8ClampedArray(bytes) : rgbToRgba(bytes);
    const image = new ImageData(rgba, part.width, part.height, { colorSpace: displayP3 ? 'display-p3' : 'srgb' });
    const context = tile.canvas.getContext('2d');
    if (there === null) context?.putImageData(image, part.x, part.y);
    else
      for (const rect of there) {
        const inside = intersection(part.region, rect);
        if (!inside) continue;
        const toX = part.width / part.region.width;
        const toY = part.height / part.region.height;
        const x = Math.round((inside.x - part.region.x) * toX);
        const y = Math.round((inside.y - part.region.y) * toY);
        const right = Math.round((inside.x + inside.width - part.region.x) * toX);
        const bottom = Math.round((inside.y + inside.height - part.region.y) * toY);
        context?.putImageData(image, part.x, part.y, x, y, right - x, bottom - y);
      }
    tile.isDrawn = true;
    this.redraw();
  }

  private forget(most: number): void {
    if (this.tiles.size <= most) return;
    const oldest = [...this.tiles].sort(([, a], [, b]) => a.usedAt - b.usedAt);
    for (const [key] of oldest.slice(0, this.tiles.size - most)) this.tiles.delete(key);
  }
}

/** The pyramid's level: how often to halve a layer so that it is still at least as fine as the canvas shows it. */
export const levelFor = (scale: number): number => Math.max(0, Math.floor(Math.log2(1 / scale) + 1e-9));

/** The stale part of a tile, grown to whole pixels of the tile. */
function snapped({ canvas, region, stale }: Tile): {
  region: Rect;
  x: number;
  y: number;
  width: number;
  height: number;
} {
  const part = stale ?? region;
  const shrink = Math.max(region.width / canvas.width, region.height / canvas.height);
  const side = 2 ** Math.ceil(Math.log2(shrink) - 1e-9);
  const x = Math.floor((part.x - region.x) / side);
  const y = Math.floor((part.y - region.y) / side);
  const right = Math.min(canvas.width, Math.ceil((part.x + part.width - region.x) / side));
  const bottom = Math.min(canvas.height, Math.ceil((part.y + part.height - region.y) / side));
  return {
    region: {
      x: region.x + x * side,
      y: region.y + y * side,
      width: Math.min((right - x) * side, region.width - x * side),
      height: Math.min((bottom - y) * side, region.height - y * side),
    },
    x,
    y,
    width: right - x,
    height: bottom - y,
  };
}

/** Draws a region out of a tile that holds it. Its edges lie on whole pixels of the canvas, so that no seam shows. */
function drawPart(
  context: CanvasRenderingContext2D,
  { canvas, region: whole }: Tile,
  region: Rect,
  { left, top, scale }: CanvasPlacement,
): void {
  const x = Math.round(left + region.x * scale);
  const y = Math.round(top + region.y * scale);
  const right = Math.round(left + (region.x + region.width) * scale);
  const bottom = Math.round(top + (region.y + region.height) * scale);
  const toX = canvas.width / whole.width;
  const toY = canvas.height / whole.height;
  context.drawImage(
    canvas,
    (region.x - whole.x) * toX,
    (region.y - whole.y) * toY,
    region.width * toX,
    region.height * toY,
    x,
    y,
    Math.max(1, right - x),
    Math.max(1, bottom - y),
  );
}

function intersection(a: Rect, b: Rect): Rect | null {
  const x = Math.max(a.x, b.x);
  const y = Math.max(a.y, b.y);
  const width = Math.min(a.x + a.width, b.x + b.width) - x;
  const height = Math.min(a.y + a.height, b.y + b.height) - y;
  return width > 0 && height > 0 ? { x, y, width, height } : null;
}

function union(a: Rect, b: Rect): Rect {
  const x = Math.min(a.x, b.x);
  const y = Math.min(a.y, b.y);
  return {
    x,
    y,
    width: Math.max(a.x + a.width, b.x + b.width) - x,
    height: Math.max(a.y + a.height, b.y + b.height) - y,
  };
}
