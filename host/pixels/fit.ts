/** A picture as a `whole` network takes it: laid into the input's shape, on a ground where something shines through. */
import { type Fit, fitSize } from '../../app/fit';
import { layOnGround, opaqueIn } from '../../app/ground';
import type { Layer, Maps } from './layers';
import { view } from './view';

/** @returns RGB, input.width × input.height; black where the picture does not fill it. */
export async function fitted(
  maps: Maps,
  layer: Layer,
  fit: Fit,
  input: { width: number; height: number },
): Promise<Uint8Array> {
  const { picture } = layer;
  const used = fitSize(fit, picture, input);
  const all = { x: 0, y: 0, width: picture.width, height: picture.height };
  const seen = await view(maps, layer, all, used.width, used.height);
  if (layer.alpha) {
    layOnGround(seen);
    return opaqueIn(seen, used, input);
  }
  const rgb = new Uint8Array(input.width * input.height * 3);
  for (let y = 0; y < used.height; y++)
    rgb.set(seen.subarray(y * used.width * 3, (y + 1) * used.width * 3), y * input.width * 3);
  return rgb;
}
