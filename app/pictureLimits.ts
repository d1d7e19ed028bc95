/** Which pictures a tool takes, and what their results need. The window says it beforehand and main insists on it. Pure. */
import type { Flow } from './catalog';
import { AppError, type ErrorReport } from './errors';

interface Size {
  width: number;
  height: number;
}

/** Pixels of a picture that goes in. */
export const maxPixels = 200_000_000;
/** Longest side of a picture that goes in: JPEG can hold it and Chromium decodes it. */
export const maxSide = 65_535;
/** Largest file that is opened: more than the pixels of the largest picture take without any compression. */
export const maxFileBytes = 1.1e9;
/** Pixels of a view: more than any screen shows of one layer at once. */
export const maxViewPixels = 1 << 22;

/** What a tool makes of a size. */
export const scaleOf = ({ flow }: { flow: Flow }): number => (flow.kind === 'tiles' ? flow.scale : 1);

/** Why no tool takes a picture of this size; null if all do. */
export function refusal({ width, height }: Size): ErrorReport | null {
  if (width * height <= maxPixels && Math.max(width, height) <= maxSide) return null;
  return new AppError('PICTURE_TOO_LARGE', { width, height, maxPixels, maxSide }).toReport();
}

/** A file that pictures are saved in. */
export type PictureFormat = 'png' | 'jpeg' | 'webp';

/** Of JPEG and WebP, unless a person says otherwise: near-lossless to the eye. */
export const defaultQuality = 93;

/**
 * The longest side of each. WebP's field has 14 bits. JPEG's has 16, but libjpeg refuses to write more. PNG's has 31, but libpng, which
 * nearly every program reads PNG with, refuses to read more.
 */
const formatSides = { webp: 16_383, jpeg: 65_500, png: 1_000_000 } as const;

/** Why a picture of this size cannot be saved in a format; null if it can. */
export function formatRefusal(format: PictureFormat, width: number, height: number): ErrorReport | null {
  const side = Math.max(width, height);
  const maxSide = formatSides[format];
  if (side <= maxSide) return null;
  const others = (['png', 'jpeg'] as const).filter((other) => side <= formatSides[other]);
  return new AppError('FORMAT_TOO_SMALL', { format, maxSide, others }, `${width} × ${height}`).toReport();
}

export const thumbnailSide = 160;
