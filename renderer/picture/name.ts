/** What a result is called by default. Pure. */
import type { ModelInfo } from '../../app/contract';

export type Format = 'png' | 'jpeg' | 'webp';

const endings: Record<Format | 'txt', string> = { png: 'png', jpeg: 'jpg', webp: 'webp', txt: 'txt' };

/** What every file system takes, as UTF-8. */
const maxNameBytes = 255;
/** More of a name tells nobody more, and a path has its own limits. */
const maxStemCharacters = 120;

/**
 * Text is called as its picture; "cat.png" and Photo ×4 → "cat ×4.png"; a tool that keeps the size adds its own name: "cat cut out.png".
 * @returns at most 255 bytes as UTF-8.
 */
export function suggestName(
  pictureName: string,
  model: Pick<ModelInfo, 'name' | 'flow'>,
  format: Format | 'txt',
): string {
  const scale = model.flow.kind === 'tiles' ? model.flow.scale : 1;
  const suffix = scale > 1 ? `×${scale}` : model.name.toLowerCase();
  const ending = format === 'txt' ? '.txt' : ` ${suffix}.${endings[format]}`;
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
