/** Cuts a part, which may lie at an angle, out of a picture and turns it level, for a tool's own code to look at. */
import type { Point, Rectangle } from '../../app/toolAnswer';
import type { Layer, Maps } from './layers';
import { viewRgba } from './view';

/** A part of more pixels is shrunk before it is turned. */
const maxPixels = 1 << 24;
/** A share of a pixel, too small to be seen. */
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
  const grid = {
    start: at(0.5 / width - 0.5, 0.5 / height - 0.5),
    step: { x: (along.x * length) / width, y: (along.y * length) / width },
    down: { x: (side.x * breadth) / height, y: (side.y * breadth) / height },
  };
  const alpha = layer.alpha ? maps.read(layer.alpha) : null;
  await maps.pixels.viewTurned(maps.read(picture), alpha, region, around, grid, width, height, out);
  return out;
}

/** @returns the part if no pixel of it need be turned: it lies level in the picture and, where it is shrunk, on whole pixels. */
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
