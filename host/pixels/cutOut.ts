/** Cuts a subject out: alpha from a matte, colours freed of those that stood behind, and another ground where one is chosen. */
import { fieldSize } from '../../app/cut';
import type { Rect } from '../../app/tiles';
import type { Cut } from '../../app/toolAnswer';
import type { Field, Mask, PictureFacts } from '../../native/pixels';
import { bands, copy as copyPicture } from './bands';
import type { Layer, Maps } from './layers';
import { drawStrokes } from './strokes';
import { surroundings } from './surroundings';
import { viewRgba } from './view';

export interface CutOut {
  source: Layer;
  mask: Mask;
  cut: Cut;
  /** What is filled; `alpha` where the ground is transparent. */
  made: { picture: PictureFacts; alpha?: PictureFacts };
  /** The result so far, and the region in which it changes. */
  before?: { layer: Layer; region: Rect };
}

/** @throws NativeError FILE_FULL, FILE_FAILED, BAD_ARGUMENT. */
export async function cutOut(maps: Maps, { source, mask, cut, made, before }: CutOut): Promise<void> {
  const { picture } = source;
  const { pixels } = maps;
  const whole = { x: 0, y: 0, width: picture.width, height: picture.height };
  /** How much of each pixel is subject. */
  const matteAt = async (region: Rect, { width, height }: { width: number; height: number } = region) => {
    const matte = new Uint8Array(width * height);
    if (cut.base === 'all') matte.fill(255);
    else await pixels.layMask(mask, picture, region, width, height, matte);
    drawStrokes(matte, cut.strokes, region, { width, height });
    return matte;
  };
  const size = fieldSize(picture);
  const rgba = await viewRgba(maps, source, whole, size.width, size.height);
  const copy = { ...size, rgba, matte: await matteAt(whole, size) };
  const [subject, behind, ground] = await Promise.all([
    surroundings(pixels, copy, 'subject', 'near'),
    surroundings(pixels, copy, 'behind', 'near'),
    groundOf(cut.ground, () => surroundings(pixels, copy, 'behind', 'blur')),
  ]);

  const from = maps.read(picture);
  const own = source.alpha && maps.read(source.alpha);
  const to = maps.write(made.picture);
  const toAlpha = made.alpha && maps.write(made.alpha);
  if (before) {
    await copyPicture(maps.read(before.layer.picture), to);
    if (before.layer.alpha && toAlpha) await copyPicture(maps.read(before.layer.alpha), toAlpha);
  }
  const part = before?.region ?? whole;
  await bands(part, 3, async (y, rows) => {
    const region = { x: part.x, y: part.y + y, width: part.width, height: rows };
    const rgb = new Uint8Array(region.width * rows * 3);
    const shine = own ? new Uint8Array(region.width * rows) : null;
    const [alpha] = await Promise.all([matteAt(region), from.read(region, rgb), shine && own?.read(region, shine)]);
    await pixels.cutOut({ picture, region, rgb, alpha, own: shine, subject, behind, ground });
    await Promise.all([to.write(region, rgb), toAlpha?.write(region, alpha)]);
  });
}

/** @returns null where it stays transparent. */
async function groundOf(ground: Cut['ground'], blurred: () => Promise<Field>): Promise<Field | null> {
  if (ground.kind === 'transparent') return null;
  return ground.kind === 'blur' ? blurred() : plain(ground.colour);
}

/** One colour all over. */
const plain = (colour: string): Field => ({
  width: 1,
  height: 1,
  colours: Float32Array.from([1, 3, 5], (at) => Number.parseInt(colour.slice(at, at + 2), 16)),
});
