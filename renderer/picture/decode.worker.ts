/**
 * Decodes a picture in the sandbox, off the window's own thread, and hands it on in bands of rows: no canvas is ever as large as the
 * picture.
 */
import type { Arguments } from '../../app/contract';
import { AppError, type ErrorReport, ReportedError, toReport } from '../../app/errors';
import { orientationOf } from '../../app/exif';
import { readMetadata } from '../../app/metadata';
import { type PictureHeader, readHeader, sniff, sniffBytes } from '../../app/pictureHeader';
import { maxFileBytes, refusal } from '../../app/pictureLimits';
import { hideOrientation, isOnItsSide, turnMatrix } from '../../app/pictureTurn';
import { edited, endingOf, jpegTail, pngPixelsEnd } from '../../app/pictureWhole';
import type { DecodedPart } from '../../app/workshop';
import { keepable } from './notes';
import { hasTransparency, splitAlpha } from './pixels';

/** `size`: the file's when it was chosen; a file that has gone since says 0. */
export type ToDecoder =
  | { kind: 'open'; file: File; fileName: string; size: number }
  /** `port`: where the rows go, in answer to the facts. */
  | { kind: 'next'; port?: MessagePort };

export type FromDecoder =
  | { kind: 'facts'; facts: Arguments<'picture:create'> }
  | DecodedPart
  | { kind: 'failed'; error: ErrorReport };

/** Bytes of RGB in a band. */
const bandBytes = 4 << 20;

const post = (message: FromDecoder, transfer: Transferable[] = []): void => postMessage(message, { transfer });

let goOn: (port?: MessagePort) => void = () => {};
const asked = (): Promise<MessagePort | undefined> =>
  new Promise((resolve) => {
    goOn = resolve;
  });

addEventListener('message', ({ data }: MessageEvent<ToDecoder>) => {
  if (data.kind === 'next') goOn(data.port);
  else decode(data).catch((error: unknown) => post({ kind: 'failed', error: toReport(error) }));
});

async function decode({ file, fileName: name, size }: Extract<ToDecoder, { kind: 'open' }>): Promise<void> {
  if (size === 0) throw new AppError('PICTURE_EMPTY', { name });
  // Chromium stops reading a larger file at a size of its own, and then says that the file is not readable.
  if (size > maxFileBytes) throw new AppError('PICTURE_FILE_TOO_LARGE', { name, bytes: size, maxBytes: maxFileBytes });
  if (file.size !== size) throw new AppError('PICTURE_NOT_OPENED', { name }, `${size} bytes became ${file.size}`);
  if (!sniff(await read(file.slice(0, sniffBytes), name))) throw new AppError('PICTURE_UNREADABLE', { name });
  const bytes = await read(file, name);
  const header = readHeader(bytes);
  if (!header) throw new AppError('PICTURE_UNREADABLE', { name });
  const { type } = header;
  const container = type === 'image/jpeg' ? 'jpeg' : type === 'image/png' ? 'png' : 'webp';
  refuse(header);
  const ending = endingOf(type, bytes);
  const isEndMissing = ending.kind === 'unmarked';
  const cut = new AppError('PICTURE_UNREADABLE', { name, why: 'cut' }, 'the file ends before the picture');
  if (ending.kind === 'cut') throw cut;
  if (isEndMissing && type === 'image/png' && !(await pngPixelsEnd(bytes))) throw cut;
  const { kept, displayP3, notes } = keepable(await readMetadata(container, bytes), { isEndMissing });

  const edits = isEndMissing ? ending.edits : [];
  const orientation = type === 'image/jpeg' ? 1 : orientationOf(kept.exif);
  const hidden = orientation === 1 ? [] : hideOrientation(type, bytes);
  const options: ImageBitmapOptions = {
    imageOrientation: 'from-image',
    // A kept profile says what the numbers mean, so they must not change.
    colorSpaceConversion: kept.icc ? 'none' : 'default',
  };
  const bitmap = await decoded(edited(file, [...edits, ...hidden]), options, header, name);
  // Decodes with another end too: if that gives another picture, pixels were missing.
  const other =
    isEndMissing && type === 'image/jpeg' ? await decoded(edited(file, jpegTail(bytes)), options, header, name) : null;
  const isTurned = isOnItsSide(orientation);
  const width = isTurned ? bitmap.height : bitmap.width;
  const height = isTurned ? bitmap.width : bitmap.height;
  refuse({ width, height });
  const mayShine = container !== 'jpeg';
  post({ kind: 'facts', facts: { name, width, height, alpha: mayShine, displayP3, notes, metadata: kept } });
  const port = await asked();
  if (port) port.onmessage = () => goOn();
  // What goes to another process is copied, and cannot be transferred.
  const send = (part: DecodedPart, transfer: Transferable[] = []): void =>
    port ? port.postMessage(part) : post(part, transfer);

  const most = Math.min(height, Math.max(1, Math.floor(bandBytes / (width * 3))));
  const canvas = new OffscreenCanvas(width, most);
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (!context) throw new AppError('INTERNAL', {}, `Expected a canvas of ${width} × ${most} but received none`);
  const [a, b, c, d, e, f] = turnMatrix(orientation, bitmap.width, bitmap.height);
  // Moves every pixel and mixes none.
  context.imageSmoothingEnabled = false;
  const draw = (from: ImageBitmap, y: number, rows: number): Uint8ClampedArray => {
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, width, most);
    if (orientation === 1) context.drawImage(from, 0, y, width, rows, 0, 0, width, rows);
    else {
      context.setTransform(a, b, c, d, e, f - y);
      context.drawImage(from, 0, 0);
    }
    return context.getImageData(0, 0, width, rows).data;
  };
  let transparent = false;
  for (let y = 0; y < height; y += most) {
    const rows = Math.min(most, height - y);
    const data = draw(bitmap, y, rows);
    if (other && !isSame(data, draw(other, y, rows))) throw cut;
    transparent ||= mayShine && hasTransparency(data);
    const { rgb, alpha } = splitAlpha(data);
    send({ kind: 'band', y, rgb, alpha: mayShine ? alpha : null }, [rgb.buffer, alpha.buffer]);
    await asked();
  }
  bitmap.close();
  other?.close();
  send({ kind: 'end', transparent });
  if (port) post({ kind: 'end', transparent });
}

const isSame = (one: Uint8ClampedArray, other: Uint8ClampedArray): boolean =>
  one.length === other.length && one.every((value, i) => value === other[i]);

async function decoded(
  file: Blob,
  options: ImageBitmapOptions,
  { coding }: PictureHeader,
  name: string,
): Promise<ImageBitmap> {
  try {
    return await createImageBitmap(file, options);
  } catch (error) {
    throw new AppError('PICTURE_UNREADABLE', { name, ...(coding && { why: { coding } }) }, String(error));
  }
}

/** @throws ReportedError if no tool takes a picture of this size. */
function refuse(size: { width: number; height: number }): void {
  const refused = refusal(size);
  if (refused) throw new ReportedError(refused);
}

async function read(file: Blob, name: string): Promise<Uint8Array> {
  try {
    return new Uint8Array(await file.arrayBuffer());
  } catch (error) {
    throw new AppError('PICTURE_NOT_OPENED', { name }, String(error));
  }
}
