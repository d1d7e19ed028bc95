/** Cuts a part out of a picture, which may lie at an angle, and turns it level, for a tool's own code to look at. */
import type { Point, Rectangle } from '../../app/toolAnswer';
import type { Layer, Maps } from './layers';
import { viewRgba } from './view';

/** A part of more pixels is shrunk before it is turned. */
const maxPixels = 1 << 24;

/**
 * @returns RGBA, width × height; transparent outside of the picture.
 * @throws NativeError FILE_FAILED, BAD_ARGUMENT.
 */
export async function cut(maps: Maps, layer: Layer, rectangle: Rectangle, width: number, height: number) {
  const { picture } = layer;
  const { centre, length, breadth } = rectangle;
  const norm = Math.hypot(rectangle.along.x, rectangle.along.y) || 1;
  const along = { x: rectangle.along.x / norm, y: rectangle.along.y / norm };
  const side = { x: -along.y, y: along.x };
  const at = (u: number, v: number): Point => ({
    x: centre.x + u * length * along.x + v * breadth * side.x,
    y: centre.y + u * length * along.y + v * breadth * side.y,
  });
  const corners = [at(-0.5, -0.5), at(0.5, -0.5), at(0.5, 0.5), at(-0.5, 0.5)];
  const left = Math.max(0, Math.floor(Math.min(...corners.map(({ x }) => x))) - 1);
  const top = Math.max(0, Math.floor(Math.min(...corners.map(({ y }) => y))) - 1);
  const right = Math.min(picture.width, Math.ceil(Math.max(...corners.map(({ x }) => x))) + 1);
  const bottom = Math.min(picture.height, Math.ceil(Math.max(...corners.map(({ y }) => y))) + 1);
  const out = new Uint8Array(width * height * 4);
  if (right <= left || bottom <= top) return out;

  const region = { x: left, y: top, width: right - left, height: bottom - top };
  // Shrunk by the mean first, so that no pixel of the part is passed over; then turned between neighbours.
  const shrink = Math.min(
    1,
    Math.max(width / length, height / breadth),
    Math.sqrt(maxPixels / (region.width * region.height)),
  );
  const around = {
    width: Math.max(1, Math.round(region.width * shrink)),
    height: Math.max(1, Math.round(region.height * shrink)),
  };
  const rgba = await viewRgba(maps, layer, region, around.width, around.height);
  const [toX, toY] = [around.width / region.width, around.height / region.height];
  for (let row = 0; row < height; row++)
    for (let column = 0; column < width; column++) {
      const point = at((column + 0.5) / width - 0.5, (row + 0.5) / height - 0.5);
      if (point.x < 0 || point.y < 0 || point.x >= picture.width || point.y >= picture.height) continue;
      sample(rgba, around, (point.x - left) * toX - 0.5, (point.y - top) * toY - 0.5, out, (row * width + column) * 4);
    }
  return out;
}

/** Bilinear, colours by their alpha; the edge goes on beyond itself. */
function sample(
  rgba: Uint8Array,
  { width, height }: { width: number; height: number },
  x: number,
  y: number,
  out: Uint8Array,
  to: number,
): void {
  const [left, top] = [Math.floor(x), Math.floor(y)];
  const [alongX, alongY] = [x - left, y - top];
  const clamp = (value: number, most: number): number => Math.min(Math.max(value, 0), most);
  const [x0, x1] = [clamp(left, width - 1), clamp(left + 1, width - 1)];
  const [y0, y1] = [clamp(top, height - 1), clamp(top + 1, height - 1)];
  const corners = [
    [x0, y0, (1 - alongX) * (1 - alongY)],
    [x1, y0, alongX * (1 - alongY)],
    [x0, y1, (1 - alongX) * alongY],
    [x1, y1, alongX * alongY],
  ] as const;
  let [red, green, blue, alpha] = [0, 0, 0, 0];
  for (const [px, py, share] of corners) {
    const from = (py * width + px) * 4;
    const counts = share * (rgba[from + 3] as number);
    red += counts * (rgba[from] as number);
    green += counts * (rgba[from + 1] as number);
    blue += counts * (rgba[from + 2] as number);
    alpha += counts;
  }
  if (alpha === 0) return;
  out[to] = Math.round(red / alpha);
  out[to + 1] = Math.round(green / alpha);
  out[to + 2] = Math.round(blue / alpha);
  out[to + 3] = Math.round(alpha);
}
