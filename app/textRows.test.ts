import { describe, expect, test } from 'vitest';
import { fc } from '../test/properties';
import { csvOf, isTable, jsonOf, rowsOf, type TextRow, textOf } from './textRows';
import type { TextRegion } from './toolAnswer';

const region = (text: string, row?: number, column = 0, confidence = 0.9): TextRegion => ({
  text,
  confidence,
  corners: [
    { x: 1.26, y: 2 },
    { x: 11, y: 2 },
    { x: 11, y: 6 },
    { x: 1.26, y: 6 },
  ],
  ...(row !== undefined && { cell: { row, column } }),
});
const rows = (...cells: string[][]): TextRow[] => cells.map((each) => ({ cells: each, confidence: 1 }));

describe('rowsOf', () => {
  test('keeps a name and its price on one line, as sure as the less sure of them', () =>
    expect(rowsOf([region('Bread', 0, 0, 0.9), region('3.10', 0, 1, 0.7), region('Thank you!', 1)])).toEqual([
      { cells: ['Bread', '3.10'], confidence: 0.7 },
      { cells: ['Thank you!'], confidence: 0.9 },
    ]));

  test('leaves room for cells that are empty, and puts the pieces of one together', () =>
    expect(textOf(rowsOf([region('Region-based', 0, 1), region('text', 0, 1), region('7', 0, 3)]))).toBe(
      '\tRegion-based text\t\t7',
    ));

  test('takes regions without cells as lines', () =>
    expect(textOf(rowsOf([region('one'), region('two')]))).toBe('one\ntwo'));
});

test('is a table from two rows of two cells on', () => {
  expect(isTable(rows(['a', 'b'], ['c'], ['', 'd']))).toBe(false);
  expect(isTable(rows(['a', 'b'], ['c'], ['d', '', 'e']))).toBe(true);
});

/** RFC 4180 by hand: fields between commas, quoted ones with quotes doubled, records end with CRLF. */
function parse(csv: string): string[][] {
  const records: string[][] = [[]];
  const fields = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/gy;
  for (const [, quoted, plain, end] of csv.matchAll(fields)) {
    records.at(-1)?.push(quoted?.replaceAll('""', '"') ?? plain ?? '');
    if (end === '\r\n') records.push([]);
  }
  expect(records.pop()).toEqual([]);
  return records;
}

describe('csvOf', () => {
  test('is read back as it was, whatever stands in it', () => {
    const cell = fc.string({
      unit: fc.oneof(
        fc.constantFrom('"', ',', '\r', '\n', "'", ' '),
        fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }),
      ),
    });
    const plain = cell.filter((text) => !/^[=@+\t\r-]/.test(text));
    fc.assert(
      fc.property(fc.array(fc.array(plain, { minLength: 3, maxLength: 3 }), { minLength: 1 }), (table) => {
        const csv = csvOf(rows(...table));
        expect(csv[0]).toBe('\uFEFF');
        expect(parse(csv.slice(1))).toEqual(table);
      }),
    );
  });

  test('gives all rows as many fields', () =>
    expect(csvOf(rows(['Shop'], ['Bread', '3,10'], ['']))).toBe('\uFEFFShop,\r\nBread,"3,10"\r\n,\r\n'));

  test('takes the lines of a whole queue', () => {
    const [one, two] = rows(['a'], ['b', 'c']) as [TextRow, TextRow];
    expect(csvOf([...new Array<TextRow>(200_000).fill(one), two]).endsWith('a,\r\nb,c\r\n')).toBe(true);
  });

  test.each(['=1+1', '@SUM(A1)', '+cmd|calc', '-2+3+cmd', '=HYPERLINK("http://a.b")'])(
    'makes no formula of %s',
    (text) => expect(parse(csvOf(rows([text])).slice(1))).toEqual([[`'${text}`]]),
  );

  test.each(['-12.50', '+49 30 123', '- 7 %', '-'])('leaves the number %s as it is', (text) =>
    expect(parse(csvOf(rows([text])).slice(1))).toEqual([[text]]),
  );
});

test('as JSON has text, certainty, place and cell of every line', () => {
  const picture = { name: 'a.png', width: 20, height: 10 };
  expect(JSON.parse(jsonOf(picture, [region('7', 0, 1, 0.987654)]))).toEqual({
    picture,
    lines: [
      {
        text: '7',
        confidence: 0.9877,
        corners: [
          { x: 1.3, y: 2 },
          { x: 11, y: 2 },
          { x: 11, y: 6 },
          { x: 1.3, y: 6 },
        ],
        row: 0,
        column: 1,
      },
    ],
  });
});
