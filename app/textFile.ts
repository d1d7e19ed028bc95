/** Files of text that was found in pictures: one of each, or one of all. Pure. */
import { csvOf, jsonOf, rowsOf, type TextRow, textOf } from './textRows';
import type { TextRegion } from './toolAnswer';

export interface PictureText {
  picture: { name: string; width: number; height: number };
  regions: readonly TextRegion[];
}

export type TextFileFormat = 'txt' | 'csv' | 'json';

/** The file of one picture's text, to be written as UTF-8. */
export function textFile(format: TextFileFormat, { picture, regions }: PictureText): string {
  const rows = rowsOf(regions);
  if (format === 'txt') return `${textOf(rows)}\n`;
  return format === 'csv' ? csvOf(rows) : jsonOf(picture, regions);
}

/** The file of all pictures' text: under their names (txt), with their names in the first column (csv), or in one list (json). */
export function togetherFile(format: TextFileFormat, all: readonly PictureText[]): string {
  if (format === 'txt')
    return all.map(({ picture, regions }) => `${picture.name}\n\n${textOf(rowsOf(regions))}\n`).join('\n\n');
  if (format === 'json')
    return `[\n${all.map(({ picture, regions }) => jsonOf(picture, regions).trimEnd()).join(',\n')}\n]\n`;
  const named = ({ picture, regions }: PictureText): TextRow[] =>
    rowsOf(regions).map(({ cells, ...row }) => ({ ...row, cells: [picture.name, ...cells] }));
  return csvOf(all.flatMap(named));
}
