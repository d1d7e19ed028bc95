/** Sheets: files that two hosts open, in which a network's pictures and outputs lie (app/parts.ts), so that no message carries them. */
import { answerPlace, sheetRowBytes, sheetRows } from '../../app/parts';
import type { Picture } from '../../app/tiles';
import type { ToolOutput } from '../../models/tool';
import type { PictureFacts } from '../../native/pixels';
import type { Answer, Sheet } from '../protocol';
import type { Maps } from './layers';
import { isFull, withNeededRoom } from './room';

/** Fewer bytes than these cost less in a message than in the file. */
const worthwhile = 32 << 10;
const bytesOf = { uint8: 1, float32: 4 } as const;

/**
 * @param pictures all of one size, from the sheet's top on.
 * @throws AppError PICTURE_NEEDS_ROOM if others have taken the room meanwhile; NativeError FILE_FAILED, BAD_ARGUMENT.
 */
export async function writeSheet(maps: Maps, file: PictureFacts, pictures: readonly Picture[]): Promise<void> {
  const written = pictures.map(({ rgb, ...size }, i) => write(maps, file, i * sheetRows(size), rgb));
  await Promise.all(written).catch((error: unknown) => {
    throw withNeededRoom(error, file);
  });
}

/** @param at of the picture, from 0. @throws NativeError FILE_FAILED, BAD_ARGUMENT. */
export async function readSheet(maps: Maps, { file, width, height }: Sheet, at: number): Promise<Picture> {
  return { width, height, rgb: await read(maps, file, at * sheetRows({ width, height }), width * height * 3) };
}

/** @returns the outputs, whose bytes lie in the sheet where there is room for them. @throws NativeError FILE_FAILED. */
export async function writeAnswer(
  maps: Maps,
  { file, length }: Pick<Sheet, 'file' | 'length'>,
  at: number,
  outputs: readonly ToolOutput[],
): Promise<Answer> {
  const { row: first, rows } = answerPlace(file, at, length);
  let end = first;
  const placed = outputs.map(({ bytes, ...facts }) => {
    const row = end;
    end += rowsOf(bytes.byteLength);
    return { ...facts, row };
  });
  const total = outputs.reduce((sum, { bytes }) => sum + bytes.byteLength, 0);
  if (total < worthwhile || end > first + rows) return [...outputs];
  try {
    await Promise.all(outputs.map(({ bytes }, i) => write(maps, file, placed[i]?.row ?? first, bytes)));
    return placed;
  } catch (error) {
    if (isFull(error)) return [...outputs];
    throw error;
  }
}

/** @throws NativeError FILE_FAILED, BAD_ARGUMENT. */
export const readAnswer = (maps: Maps, file: PictureFacts, answer: Answer): Promise<ToolOutput[]> =>
  Promise.all(
    answer.map(async (output) => {
      if ('bytes' in output) return output;
      const { row, ...facts } = output;
      const byteLength = facts.shape.reduce((a, b) => a * b, bytesOf[facts.dtype]);
      return { ...facts, bytes: await read(maps, file, row, byteLength) };
    }),
  );

const rowsOf = (byteLength: number): number => Math.ceil(byteLength / sheetRowBytes);

async function write(maps: Maps, file: PictureFacts, row: number, bytes: Uint8Array): Promise<void> {
  const height = rowsOf(bytes.byteLength);
  let whole = bytes;
  // Most networks' pictures end with a row and need no padding.
  if (bytes.byteLength < height * sheetRowBytes) {
    whole = new Uint8Array(height * sheetRowBytes);
    whole.set(bytes);
  }
  await maps.write(file).write({ x: 0, y: row, width: file.width, height }, whole);
}

async function read(maps: Maps, file: PictureFacts, row: number, byteLength: number): Promise<Uint8Array> {
  const height = rowsOf(byteLength);
  // Another host said how many bytes: they may be more than memory holds.
  if (row + height > file.height)
    throw new RangeError(`Expected rows of ${file.height} but received ${row}, ${height}`);
  const whole = new Uint8Array(height * sheetRowBytes);
  await maps.read(file).read({ x: 0, y: row, width: file.width, height }, whole);
  return whole.subarray(0, byteLength);
}
