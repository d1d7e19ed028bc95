/** Makes a part of a layer at another size, for a screen or a network. */
import type { Rect } from '../../app/tiles';
import type { Layer, Maps } from './layers';

/**
 * @param region in the picture's pixels, inside it.
 * @returns width × height pixels without padding: RGB, or RGBA if the layer is transparent.
 * @throws NativeError FILE_FAILED, BAD_ARGUMENT.
 */
export async function view(maps: Maps, { picture, alpha }: Layer, region: Rect, width: number, height: number) {
  const isScaled = region.width !== width || region.height !== height;
  // Of an enlarged picture colours go on under the transparency (app/ground.ts), and need no alpha to count by.
  if (alpha && isScaled && alpha.width === picture.width && alpha.height === picture.height) {
    const rgba = new Uint8Array(width * height * 4);
    await maps.pixels.resampleSeen(maps.read(picture), maps.read(alpha), region, width, height, rgba);
    return rgba;
  }
  const rgb = new Uint8Array(width * height * 3);
  const colours = maps.read(picture).resample(region, width, height, rgb);
  if (!alpha) {
    await colours;
    return rgb;
  }
  const shine = new Uint8Array(width * height);
  const [toX, toY] = [alpha.width / picture.width, alpha.height / picture.height];
  const inAlpha = { x: region.x * toX, y: region.y * toY, width: region.width * toX, height: region.height * toY };
  await Promise.all([colours, maps.read(alpha).resample(inAlpha, width, height, shine)]);
  return interleave(rgb, shine);
}

/** The same, always with four channels. */
export async function viewRgba(maps: Maps, layer: Layer, region: Rect, width: number, height: number) {
  const seen = await view(maps, layer, region, width, height);
  return layer.alpha ? seen : interleave(seen, new Uint8Array(width * height).fill(255));
}

function interleave(rgb: Uint8Array, alpha: Uint8Array): Uint8Array {
  const rgba = new Uint8Array(alpha.length * 4);
  for (let pixel = 0, from = 0, to = 0; pixel < alpha.length; pixel += 1, from += 3, to += 4) {
    rgba[to] = rgb[from] as number;
    rgba[to + 1] = rgb[from + 1] as number;
    rgba[to + 2] = rgb[from + 2] as number;
    rgba[to + 3] = alpha[pixel] as number;
  }
  return rgba;
}
