/** What a result is called by default. Pure. */
import type { Format, ModelInfo, TextFormat } from '../../app/contract';
import { scaleOf } from '../../app/pictureLimits';

const endings: Record<Format, string> = { png: 'png', jpeg: 'jpg', webp: 'webp' };
const isPicture = (format: Format | TextFormat): format is Format => format in endings;

/** What every file system takes, as UTF-8. */
const maxNameBytes = 255;
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
  // Of a width of one's own no whole number comes out, and "×2.37" says nothing.
  const enlarged = Number.isInteger(times) ? `×${times}` : 'enlarged';
  const suffix = scaleOf(model) > 1 ? enlarged : model.name.toLowerCase();
  const ending = isPicture(format) ? ` ${suffix}.${endings[format]}` : `.${format}`;
  const stem = cut(pictureName.replace(/\.[^.]{1,5}$/, ''), maxStemCharacters, maxNameBytes - bytesOf(ending));
  // Windows takes no dot or space at the end of a name, and before another ending they look like mistakes.
  return `${stem.replace(/[. ]+$/, '') || 'picture'}${ending}`;
}

const bytesOf = (text: string): number => new TextEncoder().encode(text).length;

/** The beginning of a text. Whole characters only: half of one is none. */
function cut(text: string, maxCharacters: number, maxBytes: number): string {
  let bytes = 0;
  return [...text]
    .slice(0, maxCharacters)
    .filter((character) => {
      bytes += bytesOf(character);
      return bytes <= maxBytes;
    })
    .join('');
}
