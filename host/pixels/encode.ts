/** Writes a picture file's pixels as PNG, JPEG or WebP, with the metadata of the file that they came from. */
import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { AppError, ReportedError } from '../../app/errors';
import { paper } from '../../app/ground';
import type { PictureMetadata } from '../../app/metadata';
import { formatRefusal, type PictureFormat } from '../../app/pictureLimits';
import type { PixelsBinding } from '../../native/pixels';
import { leftoverName } from '../../storage/leftovers';
import { whenFree } from '../../storage/whenFree';
import { type FileMetadata, metadataFor } from './metadata';
import { openStrips, type PngAhead } from './pngAhead';
import { type Layer, resize, rgba } from './resize';
import { loadSharp } from './sharp';
import { splice } from './splice';

export interface EncodeTask {
  /** Red, green and blue. */
  picture: Layer;
  /** One channel. It is resized to the picture's size. */
  alpha?: Layer;
  format: PictureFormat;
  /** 1 to 100, for JPEG and WebP. */
  quality: number;
  /** The written size. If it is not the picture's, the picture is resampled. */
  size: { width: number; height: number };
  metadata: PictureMetadata | null;
  dropPlace: boolean;
  /** Whether the picture hides people. */
  dropCopies?: boolean;
  /** The file to write and sync; an existing one is emptied first. Its folder belongs to the user. */
  file: string;
  /** The folder for unfinished files; the system's temporary folder if omitted. */
  scratch?: string;
}

/**
 * @param pixels the addon. @param onProgress gets the share that is done, 0 to 1.
 * @param signal ends it at once; the caller removes what was written so far.
 * @param ahead has the strips of a PNG that were made beforehand.
 * @returns the file's size in bytes.
 * @throws AppError DISK_FULL, SAVE_FAILED; ReportedError FORMAT_TOO_SMALL; `signal`'s reason.
 */
export async function encode(
  task: EncodeTask,
  pixels: PixelsBinding,
  onProgress: (share: number) => void,
  signal: AbortSignal,
  ahead?: Pick<PngAhead, 'take'>,
): Promise<{ bytes: number }> {
  signal.throwIfAborted();
  const refused = formatRefusal(task.format, task.size.width, task.size.height);
  if (refused) throw new ReportedError(refused);
  const metadata = metadataFor(task.format, task.metadata, task.size, task.dropPlace, task.dropCopies);
  try {
    const bytes = await withScratch(task, signal, async (folder) => {
      const file = await open(task.file, 'w', 0o600);
      try {
        const write = task.format === 'png' ? writePng : writeByLibvips;
        const written = await write(task, { file, folder, metadata, pixels, onProgress, signal, ahead });
        await file.sync();
        return written;
      } finally {
        await file.close();
      }
    });
    onProgress(1);
    return { bytes };
  } catch (error) {
    signal.throwIfAborted();
    throw saveError(error, path.basename(task.file));
  }
}

interface Work {
  file: FileHandle;
  /** For unfinished files. */
  folder: string;
  metadata: FileMetadata;
  pixels: PixelsBinding;
  onProgress: (share: number) => void;
  signal: AbortSignal;
  ahead: Pick<PngAhead, 'take'> | undefined;
}

const isOfAnotherSize = ({ size, picture }: EncodeTask): boolean =>
  size.width !== picture.width || size.height !== picture.height;

async function writePng(
  task: EncodeTask,
  { file, folder, metadata, pixels, onProgress, signal, ahead }: Work,
): Promise<number> {
  const isResized = isOfAnotherSize(task);
  const { picture, alpha } = isResized ? await resize(task, task.size, { pixels, folder }) : task;
  signal.throwIfAborted();
  const layer = {
    picture: { ...picture, channels: 3 as const },
    ...(alpha && { alpha: { ...alpha, channels: 1 as const } }),
  };
  const open = (isResized ? undefined : ahead?.take(layer)) ?? openStrips(layer, pixels);
  try {
    return await open.strips.write(file, metadata, onProgress, signal);
  } finally {
    await open.close();
  }
}

async function writeByLibvips(task: EncodeTask, work: Work): Promise<number> {
  const { file, folder, metadata, signal } = work;
  const { quality, size, format } = task;
  const sharp = loadSharp();
  const encoded = path.join(folder, `encoded.${format}`);
  const { picture, alpha } = isOfAnotherSize(task) ? await resize(task, size, work) : task;
  signal.throwIfAborted();
  const source = alpha ? await rgba({ picture, alpha }, work) : picture.file;
  signal.throwIfAborted();
  let image = sharp(source, { limitInputPixels: false });
  // After the resize and in sRGB's own values, as the window does it: a smaller picture looks as the whole one.
  if (format === 'jpeg' && alpha) image = image.flatten({ background: paper });
  const isFine = quality >= 90;
  image =
    format === 'jpeg'
      ? image.jpeg({
          quality,
          chromaSubsampling: isFine ? '4:4:4' : '4:2:0',
          // Codes made for this picture would save 2 to 5 % of its bytes, take three times as long, and keep all of its coefficients in
          // memory for a second pass.
          optimiseCoding: false,
        })
      : image.webp({ quality, smartSubsample: isFine });
  await image.toFile(encoded);
  signal.throwIfAborted();
  const from = await open(encoded, 'r');
  try {
    return await splice(format === 'jpeg' ? 'jpeg' : 'webp', from, file, size, metadata, signal);
  } finally {
    await from.close();
  }
}

/**
 * Runs `work` with a folder for unfinished files, and removes the folder; what cannot be removed now the next start removes. libvips
 * cannot be interrupted: an abort rejects at once, and the folder goes when libvips has ended. Nothing of it lies in the user's folder.
 */
async function withScratch<T>(task: EncodeTask, signal: AbortSignal, work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(path.join(task.scratch ?? os.tmpdir(), leftoverName('save')));
  const remove = () => whenFree(() => rm(folder, { recursive: true, force: true })).catch(() => undefined);
  const working = work(folder).finally(remove);
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  aborted.catch(() => undefined);
  return Promise.race([working, aborted]);
}

/** libvips and the addon say only in words why a write failed. */
const isFull = (error: unknown): boolean =>
  ['ENOSPC', 'EDQUOT', 'EFBIG', 'FILE_FULL'].includes((error as NodeJS.ErrnoException).code ?? '') ||
  /no space left|quota exceeded|file too large/i.test(String(error));

function saveError(error: unknown, file: string): Error {
  if (error instanceof AppError || error instanceof ReportedError) return error;
  return new AppError(isFull(error) ? 'DISK_FULL' : 'SAVE_FAILED', { file }, String(error));
}
