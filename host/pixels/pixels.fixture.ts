/** Picture files for tests, and the addon's part in scanlines in TypeScript, plain. */
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { deflateSync } from 'node:zlib';
import { type Channels, pictureHeader, pictureHeaderBytes } from '../../app/pictureFile';
import type { MappedPicture, PixelsBinding } from '../../native/pixels';
import type { Layer } from './resize';

/** Pixels that differ from row to row and column to column, and repeat nowhere near. */
export function examplePixels(width: number, height: number, channels: Channels): Uint8Array<ArrayBuffer> {
  const pixels = new Uint8Array(width * height * channels);
  for (let i = 0; i < pixels.length; i++) pixels[i] = ((i * 2654435761) >>> 24) ^ (i >> 6);
  return pixels;
}

export async function writePicture(file: string, width: number, height: number, pixels: Uint8Array): Promise<Layer> {
  const channels = pixels.length === width * height ? 1 : 3;
  await writeFile(file, Buffer.concat([pictureHeader(width, height, channels), pixels]));
  return { file, width, height };
}

/** Of what zlib packs: its last four bytes. */
export function adler32(bytes: Uint8Array): number {
  const packed = deflateSync(bytes);
  return packed.readUInt32BE(packed.length - 4);
}

const contents = new WeakMap<MappedPicture, Uint8Array>();

/** Filters every row by "Sub"; alpha must be of the picture's size. */
export const pixels = {
  openPicture: ({ file, width, height, channels }) => {
    const picture = { width, height, channels, close: () => undefined } as MappedPicture;
    contents.set(picture, readFileSync(file).subarray(pictureHeaderBytes));
    return picture;
  },
  pngRows: async (picture, alpha, y, rows) => {
    const colours = contents.get(picture) ?? new Uint8Array();
    const opacity = alpha && contents.get(alpha);
    const channels = opacity ? 4 : 3;
    const out = new Uint8Array(rows * (1 + picture.width * channels));
    let at = 0;
    const left = new Uint8Array(4);
    for (let row = y; row < y + rows; row++) {
      out[at++] = 1;
      left.fill(0);
      for (let pixel = row * picture.width; pixel < (row + 1) * picture.width; pixel++)
        for (let c = 0; c < channels; c++) {
          const value = (c === 3 ? opacity?.[pixel] : colours[pixel * 3 + c]) ?? 0;
          out[at++] = value - (left[c] ?? 0);
          left[c] = value;
        }
    }
    return out;
  },
  adler32: async (bytes) => adler32(bytes),
} as Pick<PixelsBinding, 'openPicture' | 'pngRows' | 'adler32'> as PixelsBinding;
