/** Makes a picture fit a `whole` network's input. A transparent one is laid on a ground (app/ground.ts). */
import { type Fit, fitSize } from '../../app/fit';
import { layOnGround, opaqueIn } from '../../app/ground';
import type { Rect } from '../../app/tiles';
import type { Layer, Maps } from './layers';
import { view } from './view';

interface Size {
  width: number;
  height: number;
}

/** @returns RGB, input.width × input.height; black where the picture does not fill it. */
export function fitted(maps: Maps, layer: Layer, fit: Fit, input: Size): Promise<Uint8Array> {
  const { width, height } = layer.picture;
  return laid(maps, layer, { x: 0, y: 0, width, height }, fitSize(fit, layer.picture, input), input);
}

/**
 * The same of a part of the picture. @param used its size in the input, where it lies at the top left.
 * @throws NativeError FILE_FAILED, BAD_ARGUMENT.
 */
export async function laid(maps: Maps, layer: Layer, region: Rect, used: Size, input: Size): Promise<Uint8Array> {
  const seen = await view(maps, layer, region, used.width, used.height);
  if (layer.alpha) {
    layOnGround(seen);
    return opaqueIn(seen, used, input);
  }
  if (used.width === input.width && used.height === input.height) return seen;
  const rgb = new Uint8Array(input.width * input.height * 3);
  for (let y = 0; y < used.height; y++)
    rgb.set(seen.subarray(y * used.width * 3, (y + 1) * used.width * 3), y * input.width * 3);
  return rgb;
}
