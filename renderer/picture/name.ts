/** Names a result. Pure. */
import type { Format, ModelInfo, TextFormat } from '../../app/contract';
import { fitName } from '../../app/fileName';
import { scaleOf } from '../../app/pictureLimits';

const endings: Record<Format, string> = { png: 'png', jpeg: 'jpg', webp: 'webp' };
const isPicture = (format: Format | TextFormat): format is Format => format in endings;

/** More of a name tells nobody more, and a path has its own limits. */
const maxStemCharacters = 120;

/**
 * Text is called as its picture; "cat.png" and Photo ×4 → "cat ×4.png"; a tool that keeps the size adds its own name: "cat cut out.png".
 * @param times how large it is saved, where the tool enlarges. @returns at most 255 bytes as UTF-8.
 */
export function suggestName(
  pictureName: string,
  model: Pick<ModelInfo, 'name' | 'flow'>,
  format: Format | TextFormat,
  times = scaleOf(model),
): string {
  // A width of one's own gives no whole number, and "×2.37" says nothing.
  const enlarged = Number.isInteger(times) ? `×${times}` : 'enlarged';
  const suffix = scaleOf(model) > 1 ? enlarged : model.name.toLowerCase();
  const ending = isPicture(format) ? ` ${suffix}.${endings[format]}` : `.${format}`;
  return fitName(pictureName.replace(/\.[^.]{1,5}$/, ''), ending, maxStemCharacters);
}
