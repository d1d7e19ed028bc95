/** Cuts a part out of a picture, which may lie at an angle, and turns it level, for a tool's own code to look at. */
import type { Point, Rectangle } from '../../app/toolAnswer';
import type { Layer, Maps } from './layers';
import { viewRgba } from './view';

/** A part of more pixels is shrunk before it is turned. */
const maxPixels = 1 << 24;
/** Of a pixel: nothing is seen of so little. */
const hair = 1e-6;

/**
 * @returns RGBA, width × height; transparent outside of the picture.
 * @throws NativeError FILE_FAILED, BAD_ARGUMENT.
 */
export async function cut(maps: Maps, layer: Layer, rectangle: Rectangle, width: number, height: number) {
  const { picture } = layer;
  const level = levelOf(layer, rectangle, width, height);
  if (level) return viewRgba(maps, layer, level, width, height);
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
  const start = at(0.5 / width - 0.5, 0.5 / height - 0.5);
  const [step, down] = [
    { x: (along.x * length) / width, y: (along.y * length) / width },
    { x: (side.x * breadth) / height, y: (side.y * breadth) / height },
  ];
  // A network looks at dozens of parts of each picture: no object is made for a pixel.
  for (let row = 0, to = 0; row < height; row++)
    for (let column = 0; column < width; column++, to += 4) {
      const x = start.x + column * step.x + row * down.x;
      const y = start.y + column * step.y + row * down.y;
      if (x < 0 || y < 0 || x >= picture.width || y >= picture.height) continue;
      sample(rgba, around.width, around.height, (x - left) * toX - 0.5, (y - top) * toY - 0.5, out, to);
    }
  return out;
}

/** The part, where it lies level inside of the picture: no pixel need be turned. Where it shrinks, only on whole pixels. */
function levelOf({ picture }: Layer, { centre, along, length, breadth }: Rectangle, width: number, height: number) {
  if (along.x <= 0 || along.y !== 0) return undefined;
  const x = centre.x - length / 2;
  const y = centre.y - breadth / 2;
  const isWhole = [x, y, length, breadth].every(Number.isInteger);
  const isShrunk = width <= length && height <= breadth;
  const isEnlarged = width >= length && height >= breadth;
  if (!isEnlarged && !(isShrunk && isWhole)) return undefined;
  // What was computed by fractions may lie a hair outside.
  const [left, right] = [Math.max(0, x), Math.min(picture.width, x + length)];
  const [top, bottom] = [Math.max(0, y), Math.min(picture.height, y + breadth)];
  const isInside = right - left > length - hair && bottom - top > breadth - hair;
  return isInside ? { x: left, y: top, width: right - left, height: bottom - top } : undefined;
}

/** Bilinear, colours by their alpha; the edge goes on beyond itself. */
function sample(
  rgba: Uint8Array,
  width: number,
  height: number,
  x: number,
  y: number,
  out: Uint8Array,
  to: number,
): void {
  const [left, top] = [Math.floor(x), Math.floor(y)];
  const x0 = Math.min(Math.max(left, 0), width - 1);
  const x1 = Math.min(Math.max(left + 1, 0), width - 1);
  const y0 = Math.min(Math.max(top, 0), height - 1);
  const y1 = Math.min(Math.max(top + 1, 0), height - 1);
  const [a, b, c, d] = [(y0 * width + x0) * 4, (y0 * width + x1) * 4, (y1 * width + x0) * 4, (y1 * width + x1) * 4];
  const [alongX, alongY] = [x - left, y - top];
  const ofA = (1 - alongX) * (1 - alongY) * (rgba[a + 3] as number);
  const ofB = alongX * (1 - alongY) * (rgba[b + 3] as number);
  const ofC = (1 - alongX) * alongY * (rgba[c + 3] as number);
  const ofD = alongX * alongY * (rgba[d + 3] as number);
  const alpha = ofA + ofB + ofC + ofD;
  if (alpha === 0) return;
  for (let channel = 0; channel < 3; channel++) {
    const sum =
      ofA * (rgba[a + channel] as number) +
      ofB * (rgba[b + channel] as number) +
      ofC * (rgba[c + channel] as number) +
      ofD * (rgba[d + channel] as number);
    out[to + channel] = Math.round(sum / alpha);
  }
  out[to + 3] = Math.round(alpha);
}
