/** Applies a tool's answer (app/toolAnswer.ts) to a picture, in bands of rows, into files of the picture's size. */
import { wholeCut } from '../../app/cut';
import type { Rect } from '../../app/tiles';
import type { Box, Cut, Hidden, ToolAnswer } from '../../app/toolAnswer';
import type { MappedPicture, PictureFacts } from '../../native/pixels';
import { bands } from './bands';
import { blurBox, neededFor } from './blur';
import { type CutOut, cutOut } from './cutOut';
import type { Layer, Maps } from './layers';
import { areaOf, gridFor, Mosaic } from './mosaic';
import { viewRgba } from './view';

/**
 * @param made the files that the answer fills: `picture`, and `alpha` of a mask whose ground is transparent.
 * @param cut what a person makes of a mask. @param before only with a mask: the result so far, and the region in which it changes.
 */
export interface Applied {
  source: Layer;
  made: { picture?: PictureFacts; alpha?: PictureFacts };
  answer: ToolAnswer;
  cut?: Cut;
  before?: CutOut['before'];
}

/** Does nothing where the answer changes no pixel. @throws NativeError FILE_FULL, FILE_FAILED, BAD_ARGUMENT. */
export async function apply(maps: Maps, { source, made, answer, cut, before }: Applied): Promise<void> {
  const { picture } = source;
  if (answer.kind === 'alpha' && made.picture) {
    const { alpha } = made;
    await cutOut(maps, {
      source,
      mask: answer,
      cut: cut ?? { ...wholeCut, base: answer.base ?? 'found' },
      made: { picture: made.picture, ...(alpha && { alpha }) },
      ...(before && { before }),
    });
  } else if (answer.kind === 'picture' && made.picture) {
    const other = enlarged(answer.bytes, answer, picture);
    const to = maps.write(made.picture);
    await bands(picture, 3, (y, rows) => to.write({ x: 0, y, width: picture.width, height: rows }, other(y, rows)));
  } else if (answer.kind === 'hide' && made.picture) {
    await copySeen(maps, source, maps.write(made.picture));
    const to = { ...source, picture: made.picture };
    for (const box of answer.boxes) await hide[answer.style](maps, to, box, answer.strength);
  }
}

/** Hides a box in a picture, in place. Alpha weighs the colours and stays as it is. */
const hide: Record<
  Hidden['style'],
  (maps: Maps, layer: Layer, box: Box, strength: Hidden['strength']) => Promise<void>
> = {
  pixelate: async (maps, layer, box, strength) => {
    const grid = gridFor(box, layer.picture, strength);
    if (!grid) return;
    const { area } = grid;
    const mosaic = new Mosaic(grid);
    const rowsAt = (y: number, rows: number): Rect => ({ ...area, y: area.y + y, height: rows });
    await bands(area, 4, async (y, rows) =>
      mosaic.add(y, await viewRgba(maps, layer, rowsAt(y, rows), area.width, rows)),
    );
    const to = maps.write(layer.picture);
    await bands(area, 3, (y, rows) => to.write(rowsAt(y, rows), mosaic.paint(y, rows)));
  },
  solid: async (maps, { picture }, box) => {
    const area = areaOf(box, picture);
    if (!area) return;
    const to = maps.write(picture);
    await bands(area, 3, (y, rows) =>
      to.write({ ...area, y: area.y + y, height: rows }, new Uint8Array(area.width * rows * 3)),
    );
  },
  blur: async (maps, layer, box, strength) => {
    const region = neededFor(box, strength, layer.picture);
    if (!region) return;
    const { width, height } = region;
    const data = await viewRgba(maps, layer, region, width, height);
    blurBox({ width, height, channels: 4, data }, { ...box, x: box.x - region.x, y: box.y - region.y }, strength);
    await maps.write(layer.picture).write(region, coloursOf(data));
  },
};

function coloursOf(rgba: Uint8Array): Uint8Array {
  const rgb = new Uint8Array((rgba.length / 4) * 3);
  for (let from = 0, to = 0; to < rgb.length; from += 4, to += 3) {
    rgb[to] = rgba[from] as number;
    rgb[to + 1] = rgba[from + 1] as number;
    rgb[to + 2] = rgba[from + 2] as number;
  }
  return rgb;
}

/** Clears colours that nobody sees: they were carried there when the picture opened, and may be a face's. */
async function copySeen(maps: Maps, { picture, alpha }: Layer, to: MappedPicture): Promise<void> {
  await bands(picture, 3, async (y, rows) => {
    const region = { x: 0, y, width: picture.width, height: rows };
    const bytes = new Uint8Array(picture.width * rows * 3);
    await maps.read(picture).read(region, bytes);
    if (alpha) {
      const shine = new Uint8Array(picture.width * rows);
      await maps.read(alpha).read(region, shine);
      for (const [pixel, value] of shine.entries()) if (value === 0) bytes.fill(0, pixel * 3, pixel * 3 + 3);
    }
    await to.write(region, bytes);
  });
}

/** Enlarges a small RGB picture bilinearly, in bands of rows. @returns what gives rows of it, without padding. */
function enlarged(
  small: Uint8Array,
  { width, height }: { width: number; height: number },
  to: { width: number; height: number },
): (y: number, rows: number) => Uint8Array {
  const place = (i: number, from: number, length: number): [number, number, number] => {
    const at = Math.min(Math.max(((i + 0.5) * length) / from - 0.5, 0), length - 1);
    const low = Math.floor(at);
    return [low, Math.min(low + 1, length - 1), at - low];
  };
  const columns = Array.from({ length: to.width }, (_, x) => place(x, to.width, width));
  return (y, rows) => {
    const bytes = new Uint8Array(to.width * rows * 3);
    let o = 0;
    for (let row = y; row < y + rows; row++) {
      const [top, bottom, down] = place(row, to.height, height);
      for (const [left, right, across] of columns)
        for (let c = 0; c < 3; c++) {
          const value = (px: number, py: number): number => small[(py * width + px) * 3 + c] as number;
          const above = value(left, top) * (1 - across) + value(right, top) * across;
          const below = value(left, bottom) * (1 - across) + value(right, bottom) * across;
          bytes[o++] = Math.round(above * (1 - down) + below * down);
        }
    }
    return bytes;
  };
}
