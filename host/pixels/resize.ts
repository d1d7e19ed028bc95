/** Resizes pictures by libvips, from picture file to picture file. */
import { open } from 'node:fs/promises';
import path from 'node:path';
import { type Channels, pictureBytes, pictureHeader } from '../../app/pictureFile';
import type { PixelsBinding } from '../../native/pixels';
import { bands } from './bands';
import { writeAll } from './png';
import { loadSharp } from './sharp';

/** A picture file (app/pictureFile.ts). */
export interface Layer {
  file: string;
  width: number;
  height: number;
}

export interface Layers {
  picture: Layer;
  alpha?: Layer;
}

type Size = Pick<Layer, 'width' | 'height'>;

/** @param folder gets the files that are made. */
interface Means {
  pixels: PixelsBinding;
  folder: string;
}

const whole = { limitInputPixels: false } as const;
const isSameSize = (a: Size, b: Size): boolean => a.width === b.width && a.height === b.height;

/** Joins colour and alpha in one file, as libvips needs them. @returns its path. */
export async function rgba({ picture, alpha }: Required<Layers>, means: Means): Promise<string> {
  const fitting = await alphaOf(alpha, picture, means);
  const file = path.join(means.folder, `rgba-${picture.width}x${picture.height}.v`);
  await loadSharp()(picture.file, whole).joinChannel(fitting.file, whole).toFile(file);
  return file;
}

/**
 * Lanczos in linear light. Of a transparent picture colours count by their alpha; alpha itself is resized without ringing, so that it is
 * still all or nothing away from edges.
 */
export async function resize(layers: Layers, size: Size, means: Means): Promise<Layers> {
  const sharp = loadSharp();
  const { picture, alpha } = layers;
  const to = (name: string): Layer => ({ file: path.join(means.folder, name), ...size });
  const resized = to('resized.v');
  const source = alpha ? await rgba({ picture, alpha }, means) : picture.file;
  const resizeBy = (kernel: 'lanczos3' | 'linear') =>
    sharp(source, whole)
      .pipelineColourspace('scrgb')
      .resize(size.width, size.height, { fit: 'fill', kernel })
      .toFile(resized.file);
  await resizeBy('lanczos3');
  if (!alpha) return { picture: resized };
  const [colour, counted, opacity] = [to('colour.v'), to('counted.v'), await alphaOf(alpha, size, means)];
  const split = async (least: number) => {
    await sharp(resized.file, whole).removeAlpha().toFile(colour.file);
    await sharp(resized.file, whole).extractChannel(3).toColourspace('b-w').toFile(counted.file);
    return wellKnown(counted, opacity, least, means);
  };
  let known = await split(1 / 2);
  if (!known.some) {
    // The picture may be nothing but specks where Lanczos' weights nearly cancel out. The linear kernel's are never below zero.
    await resizeBy('linear');
    known = await split(0);
  }
  return { picture: await carried(colour, known.layer, means), alpha: opacity };
}

/** Resizes alpha, the mean where it shrinks and bilinear where it grows, so that no value lies outside of those that it is made of. */
async function alphaOf(alpha: Layer, size: Size, { pixels, folder }: Means): Promise<Layer> {
  if (isSameSize(alpha, size)) return alpha;
  const from = pixels.openPicture({ ...alpha, channels: 1 }, 'read');
  const [toX, toY] = [alpha.width, alpha.height / size.height];
  try {
    return await made(path.join(folder, `alpha-${size.width}x${size.height}.v`), size, async (y, rows) => {
      const bytes = new Uint8Array(size.width * rows);
      await from.resample({ x: 0, y: y * toY, width: toX, height: rows * toY }, size.width, rows, bytes);
      return bytes;
    });
  } finally {
    from.close();
  }
}

/**
 * Finds where a resized colour can be trusted. Where the kernel's weights nearly cancel out it cannot: too little of any colour is left.
 * Nor can it where alpha is 0: the kernel's ringing left a few levels there, which would spread to pixels that are seen.
 * @param counted alpha as the kernel resized it. @param opacity alpha as `alphaOf` did.
 * @param least the share of `opacity` that `counted` must reach.
 * @returns counted, but 0 where the colour cannot be trusted; and whether it can be anywhere.
 */
async function wellKnown(counted: Layer, opacity: Layer, least: number, { pixels, folder }: Means) {
  const [kernels, mean] = [counted, opacity].map((layer) => pixels.openPicture({ ...layer, channels: 1 }, 'read'));
  let some = false;
  const layer = await made(path.join(folder, 'known.v'), counted, async (y, rows) => {
    const region = { x: 0, y, width: counted.width, height: rows };
    const [bytes, right] = [new Uint8Array(counted.width * rows), new Uint8Array(counted.width * rows)];
    await Promise.all([kernels?.read(region, bytes), mean?.read(region, right)]);
    const known = bytes.map((value, i) => {
      const mean = right[i] as number;
      return mean === 0 || value < mean * least ? 0 : value;
    });
    some ||= known.some((value) => value > 0);
    return known;
  }).finally(() => {
    kernels?.close();
    mean?.close();
  });
  return { layer, some };
}

/** Carries colours from where they are known to around it. */
async function carried(colour: Layer, known: Layer, { pixels, folder }: Means): Promise<Layer> {
  const file = path.join(folder, 'mended.v');
  const handle = await open(file, 'w', 0o600);
  try {
    await handle.write(pictureHeader(colour.width, colour.height, 3));
    await handle.truncate(pictureBytes(colour.width, colour.height, 3));
  } finally {
    await handle.close();
  }
  const facts: [Layer, Channels, 'read' | 'write'][] = [
    [colour, 3, 'read'],
    [known, 1, 'read'],
    [{ ...colour, file }, 3, 'write'],
  ];
  const opened = facts.map(([layer, channels, access]) => pixels.openPicture({ ...layer, channels }, access));
  try {
    const [from, alpha, to] = opened as [(typeof opened)[0], (typeof opened)[0], (typeof opened)[0]];
    await pixels.carryColours(from, alpha, to);
  } finally {
    for (const one of opened) one.close();
  }
  return { ...colour, file };
}

/** A file of one channel, written in bands of rows. */
async function made(
  file: string,
  { width, height }: Size,
  band: (y: number, rows: number) => Promise<Uint8Array>,
): Promise<Layer> {
  const handle = await open(file, 'w', 0o600);
  try {
    await writeAll(handle, [pictureHeader(width, height, 1)]);
    await bands({ width, height }, 1, async (y, rows) => void (await writeAll(handle, [await band(y, rows)])));
  } finally {
    await handle.close();
  }
  return { file, width, height };
}
