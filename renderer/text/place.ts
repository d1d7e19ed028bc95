/** Where a line of text lies over its picture. Pure. */
import type { TextRegion } from '../../models/tool';

export interface Laid {
  /** SVG's matrix: moves the origin to the text's top left corner and turns x along it. */
  matrix: [number, number, number, number, number, number];
  /** Along and across the text, in pixels of the picture. */
  length: number;
  size: number;
}

/** @param corners from the text's top left corner on, in reading direction. */
export function layText([start, end, , below]: TextRegion['corners']): Laid {
  const length = Math.max(Math.hypot(end.x - start.x, end.y - start.y), 1);
  const size = Math.max(Math.hypot(below.x - start.x, below.y - start.y), 1);
  const cos = (end.x - start.x) / length;
  const sin = (end.y - start.y) / length;
  return { matrix: [cos, sin, -sin, cos, start.x, start.y], length, size };
}
