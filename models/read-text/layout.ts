/**
 * Puts lines into reading order, and tells which of them stand on one row. Pure. Cuts the page along its white space, over and over: the
 * recursive X-Y cut (Nagy and Seth 1984, "Hierarchical representation of optically scanned documents"). A page is cut into bands, from top
 * to bottom, whose lines share white gutters; a band along its gutters, into columns that are read one after the other, or into a table's
 * rows.
 */
import type { Point, Rectangle } from '../tool';
import { across } from './rectangle';

export interface Cell {
  /** Number of the row in the whole text, from 0 on. */
  row: number;
  /** Place in the row. Pieces of one text have the same row and column. */
  column: number;
}

/** A line as the page is held, with its slope taken out: by its slope a long line would reach into its neighbours. */
interface Box<T> {
  line: T;
  text: string;
  left: number;
  right: number;
  top: number;
  bottom: number;
}

/** Share of its height by which a box reaches past its letters. */
const margin = 0.25;
/** Share of a line's height from which white space parts columns; between words there is less. */
const gutterFrom = 0.6;
/** Share of a line's height from which white space parts cells of a row; with less between them they are pieces of one text. */
const cellFrom = 0.8;

/** @param lines with `along` in reading direction. @returns a new array in reading order, each line with its place. */
export function layOut<T extends Rectangle & { text: string }>(lines: readonly T[]): (T & { cell: Cell })[] {
  const right = mainDirection(lines);
  const down = across(right);
  const boxes = lines.map((line): Box<T> => {
    const runs = Math.abs(dot(line.along, right)) > Math.SQRT1_2;
    const [half, halfHigh] = runs ? [line.length / 2, line.breadth / 2] : [line.breadth / 2, line.length / 2];
    const [x, y] = [dot(line.centre, right), dot(line.centre, down)];
    const inset = Math.min(margin * halfHigh * 2, half / 2);
    return {
      line,
      text: line.text,
      left: x - half + inset,
      right: x + half - inset,
      top: y - halfHigh,
      bottom: y + halfHigh,
    };
  });
  const unit = median(boxes.map(heightOf));
  return readBlock(boxes, unit).flatMap((members, row) =>
    members.map(({ box, column }) => ({ ...box.line, cell: { row, column } })),
  );
}

type Row<T> = { box: Box<T>; column: number }[];

/** @returns rows, in reading order. */
function readBlock<T>(boxes: readonly Box<T>[], unit: number): Row<T>[] {
  return bandsOf(boxes, unit).flatMap((band) => {
    const gutters = guttersOf(band, unit);
    if (gutters.length === 0 || rowsOf(band).length === 1) return rowsOf(band).map((row) => piecesOf(row));
    const columns = columnsOf(band, gutters);
    return groupsOf(columns).flatMap((group) =>
      group.length === 1 ? readBlock(group[0] ?? [], unit) : tableRows(group),
    );
  });
}

/** Cuts a block into bands, from the top on: the lines of a band share gutters, or have none. */
function bandsOf<T>(boxes: readonly Box<T>[], unit: number): Box<T>[][] {
  const bands: { strips: Box<T>[][]; gutters: number }[] = [];
  for (const strip of stripsOf(boxes)) {
    const gutters = guttersOf(strip, unit).length;
    const band = bands.at(-1);
    if (!band) bands.push({ strips: [strip], gutters });
    else if (band.gutters === 0 && isBeside(band.strips.at(-1) ?? [], strip, unit)) {
      // The lines of two columns need not stand at the same heights: the band's last strip then begins one of them.
      const columns = [strip];
      for (;;) {
        const above = band.strips.at(-1);
        if (!above || guttersOf([...above, ...columns.flat()], unit).length === 0) break;
        columns.unshift(above);
        band.strips.pop();
      }
      if (band.strips.length === 0) bands.pop();
      bands.push({ strips: columns, gutters: guttersOf(columns.flat(), unit).length });
    } else if (gutters + band.gutters > 0) {
      const shared = guttersOf([...band.strips.flat(), ...strip], unit).length;
      if (shared < Math.max(1, band.gutters)) bands.push({ strips: [strip], gutters });
      else {
        band.strips.push(strip);
        band.gutters = shared;
      }
    } else band.strips.push(strip);
  }
  return bands.map(({ strips }) => strips.flat());
}

/** Whether the letters of a strip begin above the end of another's, with a gutter between the two. */
const isBeside = <T>(above: readonly Box<T>[], strip: readonly Box<T>[], unit: number): boolean =>
  Math.min(...strip.map((box) => box.top + heightOf(box) / 8)) <
    Math.max(...above.map((box) => box.bottom - heightOf(box) / 8)) && guttersOf([...above, ...strip], unit).length > 0;

/** Strips of boxes whose middles overlap in height; white space runs across the page between two strips. */
function stripsOf<T>(boxes: readonly Box<T>[]): Box<T>[][] {
  const strips: { bottom: number; members: Box<T>[] }[] = [];
  for (const box of [...boxes].sort((a, b) => a.top + heightOf(a) / 4 - (b.top + heightOf(b) / 4))) {
    const strip = strips.at(-1);
    const bottom = box.bottom - heightOf(box) / 4;
    if (strip && box.top + heightOf(box) / 4 < strip.bottom) {
      strip.members.push(box);
      strip.bottom = Math.max(strip.bottom, bottom);
    } else strips.push({ bottom, members: [box] });
  }
  return strips.map(({ members }) => members);
}

/** Middles of the white gutters that no box crosses, from left to right. */
function guttersOf<T>(boxes: readonly Box<T>[], unit: number): number[] {
  const gutters: number[] = [];
  let reached = Number.POSITIVE_INFINITY;
  for (const { left, right } of [...boxes].sort((a, b) => a.left - b.left)) {
    if (left - reached >= gutterFrom * unit) gutters.push((left + reached) / 2);
    reached = reached === Number.POSITIVE_INFINITY ? right : Math.max(reached, right);
  }
  return gutters;
}

function columnsOf<T>(boxes: readonly Box<T>[], gutters: readonly number[]): Box<T>[][] {
  const columns = Array.from({ length: gutters.length + 1 }, (): Box<T>[] => []);
  for (const box of boxes) columns[gutters.filter((gutter) => gutter < box.left).length]?.push(box);
  return columns;
}

/** Groups the columns that form one table; a column of running text stands alone. */
function groupsOf<T>(columns: readonly Box<T>[][]): Box<T>[][][] {
  const pairs = columns.slice(1).map((column, i) => {
    const before = columns[i] ?? [];
    const isLevel = levelShare(before, column) >= 0.75;
    return { isLevel, isTable: isLevel && (areCells(before) || areCells(column)) };
  });
  // All columns are one table, which may have columns of words beside its columns of numbers.
  const isOne = pairs.some(({ isTable }) => isTable) && pairs.every(({ isLevel }) => isLevel);
  const groups: Box<T>[][][] = [];
  columns.forEach((column, i) => {
    if (i > 0 && (isOne || pairs[i - 1]?.isTable)) groups.at(-1)?.push(column);
    else groups.push([column]);
  });
  return groups;
}

/** Share of the smaller column's boxes that stand level with a box of the other. */
function levelShare<T>(one: readonly Box<T>[], other: readonly Box<T>[]): number {
  const [few, many] = one.length < other.length ? [one, other] : [other, one];
  return few.filter((box) => many.some((each) => isLevelWith(box, each))).length / few.length;
}

const isLevelWith = <T>(a: Box<T>, b: Box<T>): boolean =>
  Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 0.5 * Math.min(heightOf(a), heightOf(b));

/** Whether boxes are cells, not running text: numbers, or a word or two a line that do not fill the column. */
function areCells<T>(boxes: readonly Box<T>[]): boolean {
  if (boxes.length < 2 || boxes.filter(({ text }) => isNumber(text)).length * 2 >= boxes.length) return true;
  const words = median(boxes.map(({ text }) => text.trim().split(/\s+/).length));
  const letters = median(boxes.map(({ text }) => [...text].length));
  const width = Math.max(...boxes.map(({ right }) => right)) - Math.min(...boxes.map(({ left }) => left));
  const filled = median(boxes.map(({ left, right }) => (right - left) / width));
  return words <= 2 && (letters < 10 || filled < 0.75);
}

/** Whether a text is mostly digits, with the signs of amounts, dates and measures around them. */
const isNumber = (text: string): boolean => {
  const signs = [...text.replace(/\s/g, '')];
  return signs.filter((sign) => /\p{Nd}/u.test(sign)).length * 2 >= signs.length;
};

function tableRows<T>(columns: readonly Box<T>[][]): Row<T>[] {
  const columnOf = new Map(columns.flatMap((column, i) => column.map((box) => [box, i] as const)));
  return rowsOf(columns.flat()).map((row) => row.map((box) => ({ box, column: columnOf.get(box) ?? 0 })));
}

/** The row of a block without columns: boxes that lie close together are pieces of one text. */
function piecesOf<T>(row: readonly Box<T>[]): Row<T> {
  let column = 0;
  return row.map((box, i) => {
    const before = row[i - 1];
    const height = Math.min(heightOf(box), before ? heightOf(before) : 0);
    if (before && box.left - before.right > cellFrom * height) column += 1;
    return { box, column };
  });
}

/** Rows from top to bottom, each from left to right. */
function rowsOf<T>(boxes: readonly Box<T>[]): Box<T>[][] {
  const rows: { top: number; bottom: number; members: Box<T>[] }[] = [];
  for (const box of [...boxes].sort((a, b) => a.top + a.bottom - b.top - b.bottom)) {
    const row = rows.at(-1);
    const overlap = row ? Math.min(row.bottom, box.bottom) - Math.max(row.top, box.top) : 0;
    // Half of the lower of the two: letters of two sizes beside each other, but not one line and the next.
    if (row && overlap > 0.5 * Math.min(row.bottom - row.top, heightOf(box))) row.members.push(box);
    else rows.push({ top: box.top, bottom: box.bottom, members: [box] });
  }
  return rows.map(({ members }) => members.sort((a, b) => a.left - b.left));
}

/** The direction in which most of the text runs, weighed by length: a quarter turn, and the page's slope from it. */
export function mainDirection(lines: readonly Rectangle[]): Point {
  const quarters = [
    { x: 1, y: 0 },
    { x: 0, y: 1 },
    { x: -1, y: 0 },
    { x: 0, y: -1 },
  ] as const;
  const sums = quarters.map((quarter) =>
    lines
      .filter(({ along }) => dot(along, quarter) > Math.SQRT1_2)
      // Weighed by length once more, since a short box's direction says little.
      .reduce((sum, { along, length }) => ({ x: sum.x + along.x * length, y: sum.y + along.y * length }), {
        x: 0,
        y: 0,
      }),
  );
  const best = sums.reduce((a, b) => (Math.hypot(b.x, b.y) > Math.hypot(a.x, a.y) ? b : a));
  const length = Math.hypot(best.x, best.y);
  return length > 0 ? { x: best.x / length, y: best.y / length } : quarters[0];
}

const heightOf = <T>({ top, bottom }: Box<T>): number => bottom - top;
const dot = (a: Point, b: Point): number => a.x * b.x + a.y * b.y;

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
