/** Picture files for tests, read and written by the real addon. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, vi } from 'vitest';
import { pictureHeaderBytes } from '../../app/pictureFile';
import type { Picture } from '../../app/tiles';
import { devPixelsFile, loadPixels, type PictureFacts } from '../../native/pixels';
import { temporaryFolder } from '../example.fixture';
import { PictureFile } from './pictureFile';

export const pixels = loadPixels(path.resolve(devPixelsFile));

/** Closes after each test what it made. Call it once in a file of tests. */
export function closePictures(): void {
  const create = vi.spyOn(PictureFile, 'create');
  afterEach(async () => {
    for (const { value } of create.mock.results)
      await Promise.resolve(value).then(
        (file) => file.close(),
        () => {},
      );
    create.mockClear();
  });
}

/** Makes a picture's file. @param bytes its pixels without padding, of three channels or one; or the channels of an empty picture. */
export async function fileOf(width: number, height: number, bytes: Uint8Array | 1 | 3): Promise<PictureFile> {
  const channels = typeof bytes === 'number' ? bytes : bytes.byteLength === width * height ? 1 : 3;
  const file = await PictureFile.create({ width, height, channels }, await temporaryFolder());
  if (typeof bytes !== 'number') await file.writeRows(0, bytes);
  return file;
}

export const fileOfPicture = ({ width, height, rgb }: Picture): Promise<PictureFile> => fileOf(width, height, rgb);

/** All pixels of a picture. */
export const pixelsOf = async ({ file }: PictureFacts): Promise<Uint8Array> =>
  new Uint8Array(await readFile(file)).subarray(pictureHeaderBytes);
