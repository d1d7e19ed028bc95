/** Which pictures a tool takes. Pure. */
import { type ModelInfo, maxOutputSide } from '../../app/contract';
import { AppError, type ErrorReport } from '../../app/errors';

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
