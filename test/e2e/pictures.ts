/** Real pictures for the tests, cut from the tools' samples, and measures of how far two pictures lie apart. */
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { PNG, type PNGOptions } from 'pngjs';
import type { Rect } from '../../app/tiles';

export const root = path.resolve(import.meta.dirname, '..', '..');
export const prepared = (model: string, file: string): string => path.join(root, 'models', model, 'prepared', file);
export const referenceFile = (name: string): string => path.join(import.meta.dirname, 'references', `${name}.png`);

/** Pixels as pngjs gives them: RGBA, rows tight. */
export interface Picture {
  width: number;
  height: number;
  data: Buffer;
}

export const decode = (bytes: Buffer): Picture => PNG.sync.read(bytes);
export const readPicture = async (file: string): Promise<Picture> => decode(await readFile(file));

function write({ width, height, data }: Picture, options: PNGOptions): Buffer {
  const png = new PNG({ width, height });
  data.copy(png.data);
  return PNG.sync.write(png, options);
}

/** Quickly: of the rows' filters one is tried, by pngjs's JavaScript. */
export const encode = (picture: Picture): Buffer => write(picture, { deflateLevel: 1, filterType: 2 });

/** As small as can be, to be kept. */
export const writePicture = (file: string, picture: Picture): Promise<void> =>
  writeFile(file, write(picture, { deflateLevel: 9 }));

/** An opaque black picture. */
export function blank(width: number, height: number): Picture {
  const data = Buffer.alloc(width * height * 4);
  for (let i = 3; i < data.length; i += 4) data[i] = 255;
  return { width, height, data };
}

export function crop(picture: Picture, { x, y, width, height }: Rect): Picture {
  const data = Buffer.alloc(width * height * 4);
  for (let row = 0; row < height; row++) {
    const from = ((y + row) * picture.width + x) * 4;
    picture.data.copy(data, row * width * 4, from, from + width * 4);
  }
  return { width, height, data };
}

/** Lays a picture over another, its top left corner at `x`, `y`. */
export function lay(onto: Picture, picture: Picture, x: number, y: number): void {
  for (let row = 0; row < picture.height; row++) {
    const from = row * picture.width * 4;
    picture.data.copy(onto.data, ((y + row) * onto.width + x) * 4, from, from + picture.width * 4);
  }
}

/** The same picture with another alpha in each pixel. */
export function withAlpha(picture: Picture, alpha: (x: number, y: number) => number): Picture {
  const data = Buffer.from(picture.data);
  for (let i = 0; i < picture.width * picture.height; i++)
    data[i * 4 + 3] = alpha(i % picture.width, Math.floor(i / picture.width));
  return { ...picture, data };
}

/** A picture for each tool: the part of a sample that shows what the tool is for, small enough for a processor. */
export const pictures = {
  /** A cat's eyes. Exactly the processor's tile, so that its edges are the network's own. */
  'photo-x4': async () =>
    crop(await readPicture(prepared('photo-x4', 'cat.png')), { x: 48, y: 16, width: 128, height: 128 }),
  /** Exactly the GPU's tile. */
  'photo-x4-256': async () =>
    crop(await readPicture(prepared('blur-faces', 'astronaut.png')), { x: 100, y: 0, width: 256, height: 256 }),
  /** A line drawing in flat colours. Exactly the processor's tile. */
  'drawing-x4': async () =>
    crop(await readPicture(prepared('drawing-x4', 'drawing.png')), { x: 48, y: 16, width: 128, height: 128 }),
  /** Smaller than any tile. */
  'fast-x4': async () =>
    crop(await readPicture(prepared('photo-x4', 'cat.png')), { x: 48, y: 24, width: 144, height: 96 }),
  /** Of the network's input size, so that nothing is scaled. */
  'cut-out': async () =>
    crop(await readPicture(prepared('blur-faces', 'astronaut.png')), { x: 40, y: 0, width: 320, height: 320 }),
  /** A face in the corner of a black picture of the network's input size. */
  'blur-faces': async () => {
    const picture = blank(640, 640);
    lay(picture, await readPicture(prepared('blur-faces', 'astronaut.png')), 0, 0);
    return picture;
  },
} as const;

/** The text on the page of `read-text`'s sample, to the letter. */
export const printedPage = [
  'Region-based segmentation',
  'Let us first determine markers of the coins and the',
  'background. These markers are pixels that we can label',
  'unambiguously as either object or background. Here,',
  'the markers are found at the two extreme parts of the',
  'histogram of grey values:',
  '>>> markers = np.zeros_like(coins)',
];

/** The part of the `photo-x4-256` result that its reference holds: the whole would weigh more than all other references. */
export const portraitArea: Rect = { x: 288, y: 288, width: 320, height: 320 };

type Channels = 'rgb' | 'alpha';

/** Largest distance of any value. */
export function maxDifference(a: Picture, b: Picture, channels: Channels = 'rgb'): number {
  let max = 0;
  forEachPair(a, b, channels, (difference) => {
    max = Math.max(max, Math.abs(difference));
  });
  return max;
}

/** Peak signal to noise ratio in dB over 8-bit values; Infinity where both are the same. */
export function psnr(a: Picture, b: Picture, channels: Channels = 'rgb'): number {
  let sum = 0;
  let count = 0;
  forEachPair(a, b, channels, (difference) => {
    sum += difference * difference;
    count += 1;
  });
  return 10 * Math.log10(255 ** 2 / (sum / count));
}

function forEachPair(a: Picture, b: Picture, channels: Channels, take: (difference: number) => void): void {
  if (a.width !== b.width || a.height !== b.height)
    throw new Error(`Expected ${b.width} × ${b.height} but received ${a.width} × ${a.height}`);
  for (let i = 0; i < a.data.length; i++)
    if ((i % 4 === 3) === (channels === 'alpha')) take((a.data[i] as number) - (b.data[i] as number));
}

/** The picture without `margin` pixels on each side. */
export const inner = (picture: Picture, margin: number): Picture =>
  crop(picture, {
    x: margin,
    y: margin,
    width: picture.width - 2 * margin,
    height: picture.height - 2 * margin,
  });
