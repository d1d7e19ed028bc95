/** Which pictures a tool takes: the window says it beforehand, main holds to it. Pure. */
import { type ModelInfo, maxOutputSide } from './contract';
import { AppError, type ErrorReport } from './errors';

/** What a tool makes of a size. */
export const scaleOf = (model: Pick<ModelInfo, 'flow'>): number => (model.flow.kind === 'tiles' ? model.flow.scale : 1);

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
