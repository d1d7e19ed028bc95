/** Makes rows with cells of regions of text, and files of rows. Pure. */
import type { TextRegion } from './toolAnswer';

export interface TextRow {
  /** Cells from the left, empty ones included. */
  cells: string[];
  /** The confidence of its least sure region, 0 to 1. */
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

/** A line a row, with tabs between its cells: a spreadsheet splits them again, and a letter reads well. */
export const textOf = (rows: readonly TextRow[]): string => rows.map(({ cells }) => cells.join('\t')).join('\n');

/** Whether a table says more than text: whether two rows have two cells. */
export const isTable = (rows: readonly TextRow[]): boolean =>
  rows.filter(({ cells }) => cells.filter(Boolean).length > 1).length > 1;

/** What a spreadsheet would take for a formula, and run; "-12.50" and "+49 30" are none. */
const isFormula = (cell: string): boolean =>
  /^[=@\t\r]/.test(cell) || (/^[+-]/.test(cell) && !/^[+-][\d\s.,/%€$£()-]*$/.test(cell));

/**
 * All rows as comma-separated values (RFC 4180), with as many fields each. Text from a stranger's picture must not become a formula, so
 * a cell that would be one gets an apostrophe in front. A byte order mark tells Excel that the file is UTF-8.
 */
export function csvOf(rows: readonly TextRow[]): string {
  // Not Math.max(...): a queue's pictures have more rows than a call takes arguments.
  const width = rows.reduce((most, { cells }) => Math.max(most, cells.length), 0);
  const field = (cell = ''): string => {
    const safe = isFormula(cell) ? `'${cell}` : cell;
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  const lines = rows.map(({ cells }) => Array.from({ length: width }, (_, i) => field(cells[i])).join(','));
  return `\uFEFF${lines.map((line) => `${line}\r\n`).join('')}`;
}

/** All that was read, as JSON for programs. @param picture its name, and its size in pixels, the unit of the corners. */
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
