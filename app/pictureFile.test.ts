import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Channels, pictureBytes, pictureHeader } from './pictureFile';

// libvips remembers files by their names, and these have one name.
sharp.cache(false);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'refit-picture-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('a picture file', () => {
  it.each<[number, number, Channels]>([
    [1, 1, 3],
    [5, 3, 3],
    [3, 7, 1],
    [70_001, 2, 3],
  ])('of %i × %i pixels in %i channels is one that libvips opens', async (width, height, channels) => {
    const pixels = Uint8Array.from({ length: width * height * channels }, (_, i) => (i * 7 + (i >> 8)) & 255);
    const file = path.join(folder, 'picture');
    await writeFile(file, Buffer.concat([pictureHeader(width, height, channels), pixels]));
    const image = sharp(file, { limitInputPixels: false });
    expect(await image.metadata()).toMatchObject({
      format: 'vips',
      width,
      height,
      channels,
      depth: 'uchar',
      space: channels === 3 ? 'srgb' : 'b-w',
    });
    // One channel of black and white leaves libvips as such only if asked; colour is taken as it is.
    const read = await (channels === 1 ? image.toColourspace('b-w') : image).raw().toBuffer();
    expect(read.length).toBe(pictureBytes(width, height, channels) - pictureBytes(0, 0, channels));
    expect(read.equals(pixels)).toBe(true);
  });
});
