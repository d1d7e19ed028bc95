/** The fake main's pictures: small, in memory. */
import type { Arguments, Layer, View } from '../../app/contract';
import type { Rect } from '../../app/tiles';

export interface Plane {
  width: number;
  height: number;
  /** RGBA. */
  rgba: Uint8Array;
}

export const emptyPlane = (width: number, height: number): Plane => ({
  width,
  height,
  rgba: new Uint8Array(width * height * 4).fill(255),
});

/** Copies a rectangle of RGB pixels into a plane; the alpha there stays. */
export function put({ width, rgba }: Plane, rect: Rect, rgb: Uint8Array): void {
  for (let y = 0; y < rect.height; y++)
    for (let x = 0; x < rect.width; x++) {
      const from = (y * rect.width + x) * 3;
      rgba.set(rgb.subarray(from, from + 3), ((rect.y + y) * width + rect.x + x) * 4);
    }
}

/** RGB of a plane at another size, by nearest neighbour. */
export function scaled({ width, height, rgba }: Plane, toWidth: number, toHeight: number): Uint8Array {
  const rgb = new Uint8Array(toWidth * toHeight * 3);
  for (let y = 0; y < toHeight; y++)
    for (let x = 0; x < toWidth; x++) {
      const from =
        (Math.floor(((y + 0.5) * height) / toHeight) * width + Math.floor(((x + 0.5) * width) / toWidth)) * 4;
      rgb.set(rgba.subarray(from, from + 3), (y * toWidth + x) * 3);
    }
  return rgb;
}

export class Planes {
  readonly shown: Partial<Record<Layer, Plane>> = {};
  /** Parts of the result that are there; null: all. */
  there: Rect[] | null = null;

  view({ layer, region, width, height }: Arguments<'view'>): View | null {
    const plane = this.shown[layer];
    if (!plane) return null;
    const bytes = new Uint8Array(width * height * 4);
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++) {
        const fromX = region.x + Math.floor(((x + 0.5) * region.width) / width);
        const fromY = region.y + Math.floor(((y + 0.5) * region.height) / height);
        const from = (fromY * plane.width + fromX) * 4;
        bytes.set(plane.rgba.subarray(from, from + 4), (y * width + x) * 4);
      }
    return { bytes, channels: 4, there: layer === 'result' ? this.there : null };
  }
}
