/** A picture cut out: alpha from a matte, colours without those of what stood behind, and another ground where one is chosen. */
import { fieldSize } from '../../app/cut';
import type { Rect } from '../../app/tiles';
import type { Cut } from '../../app/toolAnswer';
import type { PictureFacts } from '../../native/pixels';
import { bands, copy } from './bands';
import type { Layer, Maps } from './layers';
import { type Mask, Matte } from './matte';
import { type Field, FieldReader, surroundings } from './surroundings';
import { viewRgba } from './view';

export interface CutOut {
  source: Layer;
  mask: Mask;
  cut: Cut;
  /** What is filled; `alpha` where the ground is transparent. */
  made: { picture: PictureFacts; alpha?: PictureFacts };
  /** The same picture as it was cut out before, and where it is another now. */
  before?: { layer: Layer; region: Rect };
}

/** @throws NativeError FILE_FULL, FILE_FAILED, BAD_ARGUMENT. */
export async function cutOut(maps: Maps, { source, mask, cut, made, before }: CutOut): Promise<void> {
  const { picture } = source;
  const whole = { x: 0, y: 0, width: picture.width, height: picture.height };
  const matte = new Matte(mask, cut, picture);
  const size = fieldSize(picture);
  const small = await viewRgba(maps, source, whole, size.width, size.height);
  const around = surroundings(small, matte.at(whole, size), size);
  const ground = cut.ground.kind === 'blur' ? around.blurred() : null;
  const colour = cut.ground.kind === 'colour' ? channelsOf(cut.ground.colour) : null;

  const from = maps.read(picture);
  const own = source.alpha && maps.read(source.alpha);
  const to = maps.write(made.picture);
  const toAlpha = made.alpha && maps.write(made.alpha);
  if (before) {
    await copy(maps.read(before.layer.picture), to);
    if (before.layer.alpha && toAlpha) await copy(maps.read(before.layer.alpha), toAlpha);
  }
  const part = before?.region ?? whole;
  await bands(part, 3, async (y, rows) => {
    const region = { x: part.x, y: part.y + y, width: part.width, height: rows };
    const rgb = new Uint8Array(region.width * rows * 3);
    const alpha = matte.at(region);
    await from.read(region, rgb);
    const shine = own && new Uint8Array(alpha.length);
    if (shine) await own.read(region, shine);
    clean(rgb, alpha, region, picture, around);
    if (shine)
      for (let i = 0; i < alpha.length; i++) alpha[i] = Math.round(((alpha[i] as number) * (shine[i] as number)) / 255);
    if (ground) layOn(rgb, alpha, region, new FieldReader(ground, region, picture));
    else if (colour) layOn(rgb, alpha, region, { row: () => {}, at: (_, channel) => colour[channel] as number });
    await to.write(region, rgb);
    await toAlpha?.write(region, alpha);
  });
}

/**
 * Takes the colours behind out of pixels that are mixtures, in place; what is all subject stays as it is to the bit, and of what is
 * none nothing is left (Forte, "Approximate Fast Foreground Colour Estimation", 2021).
 */
function clean(
  rgb: Uint8Array,
  alpha: Uint8Array,
  { width, ...region }: Rect,
  picture: { width: number; height: number },
  around: { subject: Field; behind: Field },
): void {
  const subject = new FieldReader(around.subject, { width, ...region }, picture);
  const behind = new FieldReader(around.behind, { width, ...region }, picture);
  for (let row = 0; row < region.height; row++) {
    let isRead = false;
    for (let column = 0, i = row * width; column < width; column++, i++) {
      const share = (alpha[i] as number) / 255;
      if (share === 1) continue;
      if (!isRead) {
        subject.row(row);
        behind.row(row);
        isRead = true;
      }
      for (let c = 0; c < 3; c++) {
        const near = subject.at(column, c);
        if (share === 0) {
          rgb[i * 3 + c] = near + 0.5;
          continue;
        }
        const mixed = near + share * ((rgb[i * 3 + c] as number) - share * near - (1 - share) * behind.at(column, c));
        rgb[i * 3 + c] = Math.min(255, Math.max(0, mixed)) + 0.5;
      }
    }
  }
}

/** Lays pixels on a ground, in place. */
function layOn(
  rgb: Uint8Array,
  alpha: Uint8Array,
  { width, height }: Rect,
  ground: Pick<FieldReader, 'row' | 'at'>,
): void {
  for (let row = 0; row < height; row++) {
    ground.row(row);
    for (let column = 0, i = row * width; column < width; column++, i++) {
      const share = (alpha[i] as number) / 255;
      if (share === 1) continue;
      for (let c = 0; c < 3; c++)
        rgb[i * 3 + c] = (rgb[i * 3 + c] as number) * share + ground.at(column, c) * (1 - share) + 0.5;
    }
  }
}

const channelsOf = (colour: string): number[] => [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));
