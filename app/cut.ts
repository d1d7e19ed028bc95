/** Finds where a cut-out differs once a person has changed it. Pure. */
import type { Rect } from './tiles';
import type { Cut, Stroke } from './toolAnswer';

interface Size {
  width: number;
  height: number;
}

export const wholeCut: Cut = { kind: 'cut', base: 'found', ground: { kind: 'transparent' }, strokes: [] };

/** How far a brush's soft edge reaches beyond its radius, and as far inwards: a share of the radius, half a pixel at least. */
export const softness = 0.15;

/** Colours around a subject are looked for in a small copy of the picture, of at most this side (host/pixels/surroundings.ts). */
export const fieldSide = 320;
/** How far apart two pixels of that copy can be if the colour of one still reaches the other. */
export const fieldReach = { near: 14, blur: 36 };

/** The size of that copy. */
export function fieldSize({ width, height }: Size): Size {
  const scale = Math.min(1, fieldSide / Math.max(width, height));
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}

/** A part of a picture that holds every pixel in which two cuts differ. @returns null where none does. */
export function changedBy(before: Cut, after: Cut, picture: Size): Rect | null {
  const whole = { x: 0, y: 0, width: picture.width, height: picture.height };
  if (before.base !== after.base || !isSame(before.ground, after.ground)) return whole;
  let same = 0;
  while (
    same < before.strokes.length &&
    same < after.strokes.length &&
    isSame(before.strokes[same], after.strokes[same])
  )
    same++;
  const others = [...before.strokes.slice(same), ...after.strokes.slice(same)];
  if (others.length === 0) return null;
  // Colours at the edge come from around it.
  const field = fieldSize(picture);
  const reach = fieldReach[after.ground.kind === 'blur' ? 'blur' : 'near'];
  const [aroundX, aroundY] = [(reach * picture.width) / field.width, (reach * picture.height) / field.height];
  const areas = others.map(strokeArea);
  const left = Math.max(0, Math.floor(Math.min(...areas.map(({ left }) => left)) - aroundX));
  const top = Math.max(0, Math.floor(Math.min(...areas.map(({ top }) => top)) - aroundY));
  const right = Math.min(picture.width, Math.ceil(Math.max(...areas.map(({ right }) => right)) + aroundX));
  const bottom = Math.min(picture.height, Math.ceil(Math.max(...areas.map(({ bottom }) => bottom)) + aroundY));
  return right > left && bottom > top ? { x: left, y: top, width: right - left, height: bottom - top } : null;
}

/** What a stroke can touch, its soft edge included. */
export function strokeArea({ points, radius }: Stroke): { left: number; top: number; right: number; bottom: number } {
  const reach = radius * (1 + softness) + 1;
  const area = { left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity };
  for (let i = 0; i < points.length; i += 2) {
    const [x, y] = [points[i] as number, points[i + 1] as number];
    area.left = Math.min(area.left, x - reach);
    area.top = Math.min(area.top, y - reach);
    area.right = Math.max(area.right, x + reach);
    area.bottom = Math.max(area.bottom, y + reach);
  }
  return area;
}

const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
