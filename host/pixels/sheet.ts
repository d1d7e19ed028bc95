/** Pictures for a network in a file that two hosts open (app/parts.ts), so that no message carries them. */
import { AppError } from '../../app/errors';
import { sheetRows } from '../../app/parts';
import { pictureBytes } from '../../app/pictureFile';
import type { Picture } from '../../app/tiles';
import type { PictureFacts } from '../../native/pixels';
import type { Maps } from './layers';

/**
 * @param pictures all of one size, from the sheet's top on.
 * @throws AppError PICTURE_NEEDS_ROOM if others have taken the room meanwhile; NativeError FILE_FAILED, BAD_ARGUMENT.
 */
export async function writeSheet(maps: Maps, sheet: PictureFacts, pictures: readonly Picture[]): Promise<void> {
  const file = maps.write(sheet);
  const written = pictures.map(({ rgb, ...size }, i) => {
    const region = regionOf(sheet, size, i);
    const rows = new Uint8Array(region.width * region.height * 3);
    rows.set(rgb);
    return file.write(region, rows);
  });
  await Promise.all(written).catch((error: unknown) => {
    if ((error as { code?: unknown }).code !== 'FILE_FULL') throw error;
    const neededBytes = pictureBytes(sheet.width, sheet.height, sheet.channels);
    throw new AppError('PICTURE_NEEDS_ROOM', { neededBytes, freeBytes: 0 }, String(error));
  });
}

/** @param at of the picture, from 0. @throws NativeError FILE_FAILED, BAD_ARGUMENT. */
export async function readSheet(
  maps: Maps,
  sheet: PictureFacts,
  size: { width: number; height: number },
  at: number,
): Promise<Picture> {
  const region = regionOf(sheet, size, at);
  const rows = new Uint8Array(region.width * region.height * 3);
  await maps.read(sheet).read(region, rows);
  return { ...size, rgb: rows.subarray(0, size.width * size.height * 3) };
}

function regionOf({ width }: PictureFacts, size: { width: number; height: number }, at: number) {
  const height = sheetRows(size);
  return { x: 0, y: at * height, width, height };
}
