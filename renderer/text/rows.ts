/** Regions of text → rows with cells, and what they are as a file. Pure. */
import type { TextRegion } from '../../models/tool';

export interface TextRow {
  /** Those that are empty as well. */
  cells: string[];
  /** Of the least sure of its regions, 0 to 1. */
  confidence: number;
}

/** @param regions in reading order. One that has no cell is a row of its own. */
export function rowsOf(regions: readonly TextRegion[]): TextRow[] {
  const rows: TextRow[] = [];
  let at: number | undefined;
  for (const { text, confidence, cell } of regions) {
    const column = cell?.column ?? 0;
    const last = cell && cell.row === at ? rows.at(-1) : undefined;
    at = cell?.row;
    const row = last ?? { cells: [], confidence: 1 };
    if (!last) rows.push(row);
    while (row.cells.length <= column) row.cells.push('');
    row.cells[column] = [row.cells[column], text].filter(Boolean).join(' ');
    row.confidence = Math.min(row.confidence, confidence);
  }
  return rows;
}

/** A row a line, tabs between its cells: what a spreadsheet takes apart again, and a letter reads well with. */
export const textOf = (rows: readonly TextRow[]): string => rows.map(({ cells }) => cells.join('\t')).join('\n');

/** Whether there is anything that a table says better than text: two rows of two cells. */
export const isTable = (rows: readonly TextRow[]): boolean =>
  rows.filter(({ cells }) => cells.filter(Boolean).length > 1).length > 1;

/** What a spreadsheet would take for a formula, and run; "-12.50" and "+49 30" are none. */
const isFormula = (cell: string): boolean =>
  /^[=@\t\r]/.test(cell) || (/^[+-]/.test(cell) && !/^[+-][\d\s.,/%€$£()-]*$/.test(cell));

/**
 * Comma-separated values (RFC 4180) of all rows, each with as many fields. Text out of a stranger's picture may not become a formula: a
 * cell that would be one gets an apostrophe in front. A byte order mark tells Excel that it is UTF-8.
 */
export function csvOf(rows: readonly TextRow[]): string {
  const width = Math.max(0, ...rows.map(({ cells }) => cells.length));
  const field = (cell = ''): string => {
    const safe = isFormula(cell) ? `'${cell}` : cell;
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  const lines = rows.map(({ cells }) => Array.from({ length: width }, (_, i) => field(cells[i])).join(','));
  return `\uFEFF${lines.map((line) => `${line}\r\n`).join('')}`;
}

/** All there is to know of it, for programs. @param picture its name and size in pixels, in which the corners are. */
export const jsonOf = (
  picture: { name: string; width: number; height: number },
  regions: readonly TextRegion[],
): string => {
  const { name, width, height } = picture;
  const rounded = (value: number, digits: number): number => Number(value.toFixed(digits));
  const lines = regions.map(({ text, confidence, corners, cell }) => ({
    text,
    confidence: rounded(confidence, 4),
    corners: corners.map(({ x, y }) => ({ x: rounded(x, 1), y: rounded(y, 1) })),
    ...cell,
  }));
  return `${JSON.stringify({ picture: { name, width, height }, lines }, null, 2)}\n`;
};
