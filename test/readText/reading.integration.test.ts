/** Read text with its real networks, on pictures that are drawn here. */
import sharp from 'sharp';
import { beforeAll, expect, test } from 'vitest';
import { openReader, type Reading } from './reading';

let read: Awaited<ReturnType<typeof openReader>>;
beforeAll(async () => {
  read = await openReader();
});

type Drawn = [text: string, x: number, y: number];

/** Black print on white. @param size pixels. */
const draw = (width: number, height: number, lines: Drawn[], size: number): Promise<Buffer> =>
  sharp({ create: { width, height, channels: 3, background: '#ffffff' } })
    .composite(
      lines.map(([text, left, top]) => ({
        input: { text: { text, font: `DejaVu Sans ${size}`, rgba: true, dpi: 72 } },
        left,
        top,
      })),
    )
    .png()
    .toBuffer();

/** A line a row, tabs between cells. */
const rowsOf = ({ regions }: Reading): string[] => {
  const rows: string[] = [];
  for (const { text, cell } of regions) {
    const row = cell?.row ?? rows.length;
    rows[row] = rows[row] === undefined ? text : `${rows[row]}\t${text}`;
  }
  return rows;
};

const receipt: Drawn[] = [
  ['Harbour Bakery', 30, 30],
  ['Rye bread', 30, 90],
  ['4.20', 330, 90],
  ['Two rolls', 30, 140],
  ['1.10', 330, 140],
  ['Butter', 30, 190],
  ['2.95', 330, 190],
  ['Total', 30, 240],
  ['8.25', 330, 240],
];
const receiptRows = ['Harbour Bakery', 'Rye bread\t4.20', 'Two rolls\t1.10', 'Butter\t2.95', 'Total\t8.25'];

test.each([0, 90, 180, 270])(
  'reads a receipt that is turned by %d°, a name and its price on one line',
  async (turn) => {
    const picture = await sharp(await draw(420, 300, receipt, 26))
      .rotate(turn)
      .toBuffer();
    expect(rowsOf(await read(picture))).toEqual(receiptRows);
  },
);

const left = ['Ships leave the old', 'harbour before dawn', 'and come back late', 'with all their fish.'];
const right = ['Gulls wait on roofs', 'until the nets are', 'hauled up and then', 'they fly in circles.'];

test.each([0, 90, 180, 270])('reads two columns one after the other, turned by %d°', async (turn) => {
  const headline = 'What happens in the harbour of a small town';
  const drawn = [left, right].flatMap((column, i) =>
    column.map((text, j): Drawn => [text, 30 + i * 400, 110 + j * 45]),
  );
  const picture = await sharp(await draw(760, 310, [[headline, 30, 30], ...drawn], 26))
    .rotate(turn)
    .toBuffer();
  expect(rowsOf(await read(picture))).toEqual([headline, ...left, ...right]);
});

const words = 'harbour gull fish bread butter roof town dawn circle net ship baker'.split(' ');
const lineOf = (i: number, count: number): string =>
  Array.from({ length: count }, (_, j) => words[(i * 5 + j * 7) % words.length]).join(' ');

test('finds every line of a tall picture, wherever its pieces meet', async () => {
  const lines = Array.from({ length: 60 }, (_, i) => lineOf(i, 4));
  const picture = await draw(
    500,
    3600,
    lines.map((text, i) => [text, 20, 20 + i * 59]),
    24,
  );
  expect(rowsOf(await read(picture))).toEqual(lines);
});

test('finds a line that is longer than any piece whole', async () => {
  const lines = [lineOf(0, 36), lineOf(3, 36)];
  const picture = await draw(
    3200,
    300,
    [
      [lines[0] ?? '', 20, 40],
      [lines[1] ?? '', 20, 160],
    ],
    24,
  );
  expect(rowsOf(await read(picture))).toEqual(lines);
});

test('claims nothing of a picture without text', async () => {
  for (const picture of ['models/photo-x4/prepared/cat.png', 'models/blur-faces/prepared/astronaut.png'])
    expect(rowsOf(await read(picture)), picture).toEqual([]);
});
