/** The error of memory or disk that ran full while a picture's file was written. */
import { AppError } from '../../app/errors';
import { pictureBytes } from '../../app/pictureFile';
import type { PictureFacts } from '../../native/pixels';

/** Whether the addon found no room. */
export const isFull = (error: unknown): boolean => (error as { code?: unknown }).code === 'FILE_FULL';

/** @returns AppError PICTURE_NEEDS_ROOM in place of that error; any other as it is. The facts are those of the file that was written. */
export function withNeededRoom(error: unknown, { width, height, channels }: PictureFacts): unknown {
  if (!isFull(error)) return error;
  const neededBytes = pictureBytes(width, height, channels);
  return new AppError('PICTURE_NEEDS_ROOM', { neededBytes, freeBytes: 0 }, String(error));
}
