/** Names a result. Pure. */
import type { Format, ModelInfo, TextFormat } from '../../app/contract';
import { defaultPattern, outputName } from '../../app/outputName';
import { scaleOf } from '../../app/pictureLimits';

/**
 * As the queue does where a person has no pattern of their own: "cat ×4.png", "cat cut out.png", "cat.txt".
 * @param times how large it is saved, where the tool enlarges.
 */
export const suggestName = (
  name: string,
  model: Pick<ModelInfo, 'name' | 'flow'>,
  format: Format | TextFormat,
  times = scaleOf(model),
): string => outputName(defaultPattern, { name, tools: [model], format, times });
