/** Which pictures a tool takes: the window says it beforehand, main holds to it. Pure. */
import { type ModelInfo, maxOutputSide } from './contract';
import { AppError, type ErrorReport } from './errors';

/** What a tool makes of a size. */
export const scaleOf = (model: Pick<ModelInfo, 'flow'>): number => (model.flow.kind === 'tiles' ? model.flow.scale : 1);

/** Largest file that is opened: more than the pixels of the largest picture take without any compression. */
export const maxFileBytes = 1.1e9;

/** Longest side of a picture that a tool takes. */
export const maxInputSide = (model: Pick<ModelInfo, 'flow'> | null): number =>
  Math.floor(maxOutputSide / (model ? scaleOf(model) : 1));

/** Why a tool does not take a picture of this size, or null where it does. */
export function refusal(
  size: { width: number; height: number },
  model: Pick<ModelInfo, 'flow'> | null,
): ErrorReport | null {
  const maxSide = maxInputSide(model);
  const { width, height } = size;
  return Math.max(width, height) > maxSide
    ? new AppError('PICTURE_TOO_LARGE', { width, height, maxSide }).toReport()
    : null;
}

/** Both results of a comparison come in one message: a tile network's are sixteen times as large as the picture. */
export const maxComparedPixels = 1_500_000;

/** Why two versions of a tool are not compared on a picture of this size, or null where they are. */
export function comparisonRefusal(
  size: { width: number; height: number },
  model: Pick<ModelInfo, 'flow'>,
): ErrorReport | null {
  const { width, height } = size;
  const maxSide = Math.floor(Math.sqrt(maxComparedPixels));
  return width * height > maxComparedPixels
    ? new AppError('PICTURE_TOO_LARGE', { width, height, maxSide }).toReport()
    : refusal(size, model);
}

/** A file that pictures are saved in. */
export type PictureFormat = 'png' | 'jpeg' | 'webp';

/**
 * Longest side that each can hold: WebP's field has 14 bits; libjpeg refuses to write more though JPEG's has 16; libpng, which nearly
 * everybody reads PNG with, refuses to read more though PNG's has 31.
 */
const formatSides = { webp: 16_383, jpeg: 65_500, png: 1_000_000 } as const;
const formatNames = { webp: 'WebP', jpeg: 'JPEG', png: 'PNG' } as const;

/** Why a picture of this size cannot be saved in a format, or null where it can. */
export function formatRefusal(format: PictureFormat, width: number, height: number): ErrorReport | null {
  const side = Math.max(width, height);
  const maxSide = formatSides[format];
  if (side <= maxSide) return null;
  const others = (['png', 'jpeg'] as const).filter((other) => side <= formatSides[other]);
  const params = {
    format: formatNames[format],
    maxSide,
    others: others.map((other) => formatNames[other]).join(' or '),
  };
  return new AppError('FORMAT_TOO_SMALL', params, `${width} × ${height}`).toReport();
}
