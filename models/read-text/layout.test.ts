import { describe, expect, test } from 'vitest';
import { fc } from '../../test/properties';
import { layOut } from './layout';
import type { Rectangle } from './rectangle';

type Line = Rectangle & { text: string };

/** A line as the network finds it, which reaches past its letters by a third of their height. `x`, `y`: top left corner of its letters. */
const line = (text: string, x: number, y: number, size = 20): Line => {
  const width = [...text].length * size * 0.55;
  return {
    text,
    centre: { x: x + width / 2, y: y + size / 2 },
    along: { x: 1, y: 0 },
    length: width + size * 0.6,
    breadth: size * 1.5,
  };
};

const turned = (each: Line, degrees: number): Line => {
  const [cos, sin] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
  const turn = ({ x, y }: { x: number; y: number }) => ({ x: x * cos - y * sin, y: x * sin + y * cos });
  return { ...each, centre: turn(each.centre), along: turn(each.along) };
};

/** The text as a person copies it: a line for each row, tabs between cells. */
const textOf = (lines: readonly Line[]): string[] => {
  const rows: string[] = [];
  let before: { row: number; column: number } | undefined;
  for (const { text, cell } of layOut(lines)) {
    if (before?.row !== cell.row) rows.push('\t'.repeat(cell.column) + text);
    else rows[rows.length - 1] += (cell.column > before.column ? '\t'.repeat(cell.column - before.column) : ' ') + text;
    before = cell;
  }
  return rows;
};

const shuffled = <T>(values: readonly T[]): T[] =>
  [...values].reverse().sort((a, b) => JSON.stringify(a).length - JSON.stringify(b).length);
const prose = (words: string, count: number): string[] =>
  Array.from({ length: count }, (_, i) => `${words} ${['or', 'and then', 'but so'][i % 3]} ${i}`);
const column = (texts: readonly string[], x: number, y: number, leading = 40): Line[] =>
  texts.map((text, i) => line(text, x, y + i * leading));

describe('columns', () => {
  const left = prose('the cat sat on', 8);
  const right = prose('a dog ran with', 5);

  test('are read one after the other, whichever is longer', () => {
    expect(textOf(shuffled([...column(left, 20, 50), ...column(right, 420, 50)]))).toEqual([...left, ...right]);
    expect(textOf(shuffled([...column(right, 20, 50), ...column(left, 420, 50)]))).toEqual([...right, ...left]);
  });

  test('are read so where their lines stand at other heights', () => {
    expect(textOf([...column(left, 20, 50, 41), ...column(right, 420, 63, 37)])).toEqual([...left, ...right]);
  });

  test('begin again below a headline over all of them', () => {
    const headline = 'What cats do at night and dogs by day, and why they do';
    const [first, second] = [column(left, 20, 100), column(right, 420, 100)];
    const lower = [...column(right, 20, 500), ...column(left, 420, 500)];
    const lines = [...first, line(headline, 20, 20, 30), ...second, line(headline, 20, 450, 24), ...lower];
    expect(textOf(shuffled(lines))).toEqual([headline, ...left, ...right, headline, ...right, ...left]);
  });

  test('are told from a paragraph above them whose last line is short', () => {
    const above = ['Here are two stories that were told to me long ago in town', 'by my aunt.'];
    const lines = [...column(above, 20, 20), ...column(left, 20, 140), ...column(right, 420, 140)];
    expect(textOf(lines)).toEqual([...above, ...left, ...right]);
  });

  test('of any number, width and height, on a page held any way, are read from left to right', () => {
    const layouts = fc.record({
      counts: fc.array(fc.integer({ min: 2, max: 9 }), { minLength: 2, maxLength: 4 }),
      gutter: fc.integer({ min: 40, max: 200 }),
      leading: fc.integer({ min: 30, max: 60 }),
      shift: fc.integer({ min: 0, max: 20 }),
      headline: fc.boolean(),
      degrees: fc.tuple(fc.constantFrom(0, 90, 180, 270), fc.integer({ min: -4, max: 4 })).map(([a, b]) => a + b),
    });
    fc.assert(
      fc.property(layouts, ({ counts, gutter, leading, shift, headline, degrees }) => {
        const columns = counts.map((count, i) => prose(`it is a tale of ${i}`, count));
        const width = 29 * 20 * 0.55 + gutter;
        const lines = columns.flatMap((texts, i) => column(texts, i * width, i * shift, leading));
        const over = 'word '.repeat(12 * counts.length).trim();
        const all = headline ? [line(over, 0, -80), ...lines] : lines;
        const wanted = [...(headline ? [over] : []), ...columns.flat()];
        expect(textOf(shuffled(all.map((each) => turned(each, degrees))))).toEqual(wanted);
      }),
    );
  });
});

describe('rows', () => {
  const receipt = [
    line('CORNER SHOP', 20, 20),
    ...column(['2 Milk 1.5%', 'Bread', 'Apples 1.2 kg', 'TOTAL'], 20, 60),
    ...['2.38', '3.10', '4.56', '10.04'].map((price, i) => line(price, 400 - price.length * 11, 60 + i * 40)),
    line('Thank you!', 20, 240),
  ];
  const wanted = [
    'CORNER SHOP',
    '2 Milk 1.5%\t2.38',
    'Bread\t3.10',
    'Apples 1.2 kg\t4.56',
    'TOTAL\t10.04',
    'Thank you!',
  ];

  test('keep a name and its price on one line', () => expect(textOf(shuffled(receipt))).toEqual(wanted));

  test.each([90, 180, 270, 3, -87])('do so on a page turned by %d°', (degrees) =>
    expect(textOf(shuffled(receipt.map((each) => turned(each, degrees))))).toEqual(wanted),
  );

  test('leave a cell out that is empty', () => {
    const table = [
      ...column(['Name', 'Anna', 'Ben', 'Cleo'], 20, 20),
      ...column(['Town', 'Ulm', 'Bonn'], 220, 20),
      ...column(['Age', '31', '40', '7'], 420, 20),
    ];
    expect(textOf(table)).toEqual(['Name\tTown\tAge', 'Anna\tUlm\t31', 'Ben\tBonn\t40', 'Cleo\t\t7']);
  });

  test('put the pieces of one line together', () =>
    expect(textOf([line('Region-based', 20, 20), line('segmentation', 20 + 12 * 11 + 14, 21)])).toEqual([
      'Region-based segmentation',
    ]));

  test('keep close lines apart whose boxes overlap a little', () =>
    expect(textOf([line('the first of two', 20, 20), line('the second of two', 20, 42)])).toHaveLength(2));
});

test('does not change the lines that it was given', () => {
  const lines = [line('lower', 20, 60), line('upper', 20, 20)];
  layOut(lines);
  expect(lines.map(({ text }) => text)).toEqual(['lower', 'upper']);
});

test('takes a page without text', () => expect(layOut([])).toEqual([]));
