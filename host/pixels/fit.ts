/** A picture as a `whole` network takes it: laid into the input's shape, on a ground where something shines through. */
import { type Fit, fitSize } from '../../app/fit';
import { layOnGround } from '../../app/ground';
import type { Layer, Maps } from './layers';
import { viewRgba } from './view';

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
  const rgba = await viewRgba(maps, layer, all, used.width, used.height);
  layOnGround(rgba);
  const rgb = new Uint8Array(input.width * input.height * 3);
  for (let y = 0; y < used.height; y++)
    for (let x = 0; x < used.width; x++) {
      const from = (y * used.width + x) * 4;
      const to = (y * input.width + x) * 3;
      for (let c = 0; c < 3; c++) rgb[to + c] = rgba[from + c] as number;
    }
  return rgb;
}
