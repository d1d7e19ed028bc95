/** Makes a part of a layer at another size, for a screen or a network. */
import type { Rect } from '../../app/tiles';
import type { Layer, Maps } from './layers';

/**
 * @param region in the picture's pixels, inside it.
 * @returns width × height pixels without padding: RGB, or RGBA if the layer is transparent.
 * @throws NativeError FILE_FAILED, BAD_ARGUMENT.
 */
export async function view(maps: Maps, layer: Layer, region: Rect, width: number, height: number) {
  if (layer.alpha) return viewRgba(maps, layer, region, width, height);
  const rgb = new Uint8Array(width * height * 3);
  await maps.read(layer.picture).resample(region, width, height, rgb);
  return rgb;
}

/** The same, always with four channels. */
export async function viewRgba(
  maps: Maps,
  { picture, alpha }: Layer,
  region: Rect,
  width: number,
  height: number,
): Promise<Uint8Array> {
  const rgba = new Uint8Array(width * height * 4);
  await maps.pixels.viewRgba(maps.read(picture), alpha ? maps.read(alpha) : null, region, width, height, rgba);
  return rgba;
}
