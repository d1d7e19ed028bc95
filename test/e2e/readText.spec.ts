/**
 * *Read text* lays words over the picture, to be selected, copied and saved. Two networks, one job. What they read of pictures of every
 * shape and turn, test/readText asks without a window.
 */
import path from 'node:path';
import { test as base, expect, type RunningApp } from './app';
import { blank, crop, decode, type Picture, printedPage as page, prepared, readPicture } from './pictures';
import { loadAnew, shareApp } from './sharedApp';
import { answerSaveDialog, chooseTool, openPicture, run, save, suggestedName } from './steps';

const test = shareApp(base);

const readPage = (): Promise<Picture> => readPicture(prepared('read-text', 'page.png'));

async function open(refit: RunningApp, picture: Picture, name = 'page.png'): Promise<void> {
  await loadAnew(refit);
  await chooseTool(refit, 'read-text');
  await openPicture(refit, picture, name);
}

async function readText(refit: RunningApp, picture: Picture): Promise<string[]> {
  await open(refit, picture);
  await run(refit);
  return refit.window.locator('[data-testid="text-lines"] p').allTextContents();
}

test('Read text reads a photographed page to the letter, and lays the words over it', async ({ refit }) => {
  expect(await readText(refit, await readPage())).toEqual(page);
  await expect(refit.window.getByTestId('note')).toHaveText('7 lines of text were found.');
  // Its boxes lie where the lines do: the heading in the upper left, the code in the lower left.
  const boxOf = async (text: string) => {
    const box = await refit.window
      .getByTestId('text-layer')
      .locator('g', { hasText: text })
      .locator('polygon')
      .boundingBox();
    const frame = await refit.window.locator('[data-testid="frame"]').boundingBox();
    if (!box || !frame) throw new Error(`No box of “${text}”`);
    const scale = 384 / frame.width;
    return [box.x - frame.x, box.y - frame.y, box.width, box.height].map((value) => value * scale);
  };
  const near = (values: number[], wanted: number[]) =>
    values.forEach((value, i) => {
      expect(Math.abs(value - (wanted[i] ?? 0)), `${values} against ${wanted}`).toBeLessThan(6);
    });
  near(await boxOf('Region-based'), [4, 9, 291, 28]);
  near(await boxOf('np.zeros_like'), [14, 166, 230, 28]);
  await refit.screenshots('read-text');
});

test('text is selected over the picture as in a document, line by line', async ({ refit }) => {
  await readText(refit, await readPage());
  const layer = refit.window.getByTestId('text-layer');
  const from = await layer.locator('text', { hasText: 'Region-based' }).boundingBox();
  const to = await layer.locator('text', { hasText: 'background. These' }).boundingBox();
  if (!from || !to) throw new Error('No text over the picture');
  const { mouse } = refit.window;
  await mouse.move(from.x + 1, from.y + from.height / 2);
  await mouse.down();
  await mouse.move(to.x + to.width - 1, to.y + to.height / 2, { steps: 8 });
  await mouse.up();
  const selected = await refit.window.evaluate(() => getSelection()?.toString() ?? '');
  expect(selected.trim().split(/\s*\n\s*/)).toEqual(page.slice(0, 3));
  await refit.screenshot('read-text-selected');
  await refit.window.keyboard.press('Control+C');
  const copied = await refit.app.evaluate(({ clipboard }) => clipboard.readText());
  expect(copied.trim().split(/\s*\n\s*/)).toEqual(page.slice(0, 3));
});

test('copies all text by button and by Enter, and saves it under the name of the picture', async ({
  refit,
  userDataDir,
}) => {
  await readText(refit, await readPage());
  const { window, app } = refit;
  const clipboard = () => app.evaluate(({ clipboard: its }) => its.readText());
  await app.evaluate(({ clipboard: its }) => its.clear());
  await window.getByTestId('copy-all').click();
  await expect(window.getByTestId('copy-all')).toHaveText('Copied');
  expect(await clipboard()).toBe(page.join('\n'));
  await app.evaluate(({ clipboard: its }) => its.clear());
  await window.getByTestId('stage').focus();
  await window.keyboard.press('Enter');
  await expect.poll(clipboard).toBe(page.join('\n'));

  const bytes = await save(refit, path.join(userDataDir, 'mine.txt'));
  expect(bytes.toString('utf8')).toBe(`${page.join('\n')}\n`);
  expect(await suggestedName(refit)).toBe('page.txt');
  await expect(window.getByTestId('saved')).toContainText('Saved as mine.txt');
  await answerSaveDialog(refit, null);
});

/** A picture turned clockwise by a right angle. */
function turned({ width, height, data }: Picture): Picture {
  const to = blank(height, width);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      data.copy(to.data, (x * height + height - 1 - y) * 4, (y * width + x) * 4, (y * width + x + 1) * 4);
  return to;
}

test('reads a page that lies on its side, either way', async ({ refit }) => {
  const once = turned(crop(await readPage(), { x: 0, y: 0, width: 384, height: 150 }));
  for (const picture of [once, turned(turned(once))]) expect(await readText(refit, picture)).toEqual(page.slice(0, 6));
  await refit.screenshot('read-text-turned');
});

type Line = [text: string, x: number, y: number];

/**
 * Print as the app's own browser draws it: black on white.
 * @param ink another colour, on nothing. @param size and places in pixels; `y` is that of a line's foot.
 */
async function print(
  { window }: RunningApp,
  size: { width: number; height: number },
  font: string,
  lines: Line[],
  ink?: string,
): Promise<Picture> {
  const url = await window.evaluate(
    ([{ width, height }, shape, drawn, colour]) => {
      const canvas = Object.assign(document.createElement('canvas'), { width, height });
      const context = canvas.getContext('2d');
      if (!context) throw new Error('No canvas');
      if (!colour) {
        context.fillStyle = 'white';
        context.fillRect(0, 0, width, height);
      }
      context.fillStyle = colour ?? 'black';
      context.font = shape;
      for (const [text, x, y] of drawn) context.fillText(text, x, y);
      return canvas.toDataURL();
    },
    [size, font, lines, ink] as const,
  );
  return decode(Buffer.from(url.split(',')[1] ?? '', 'base64'));
}

/** Lines of text on nothing. */
const onNothing = (refit: RunningApp, text: string[], ink: string): Promise<Picture> =>
  print(
    refit,
    { width: 620, height: 60 + 50 * text.length },
    '28px sans-serif',
    text.map((line, i) => [line, 30, 60 + i * 50]),
    ink,
  );

test('reads text on a transparent picture, dark or light', async ({ refit }) => {
  const text = ['Invoice number 4711', 'Due on the first of May'];
  for (const ink of ['black', 'white'])
    expect(await readText(refit, await onNothing(refit, text, ink)), ink).toEqual(text);
});

test('says so where there is no text', async ({ refit }) => {
  const cat = await readPicture(prepared('photo-x4', 'cat.png'));
  await readText(refit, cat);
  await expect(refit.window.getByTestId('text-lines')).toHaveText('No text');
  await expect(refit.window.getByTestId('note')).toHaveText('No text was found.');
  await expect(refit.window.getByTestId('copy-all')).toBeDisabled();
});

/** A page of print: at its head and at its foot 15 lines, each too long to be read at once. */
async function printed(refit: RunningApp): Promise<{ picture: Picture; text: string[] }> {
  const words = page.slice(1, 6).join(' ').split(' ');
  const text = Array.from({ length: 30 }, (_, i) =>
    Array.from({ length: 16 }, (_, j) => words[(i * 7 + j * 3) % words.length]).join(' '),
  );
  const lines = text.map((line, i): Line => [line, 80, 90 + (i < 15 ? i : i + 30) * 27]);
  return { picture: await print(refit, { width: 1240, height: 1754 }, '18px serif', lines), text };
}

/** Share of lines that were read to the letter. */
const share = (found: string[], wanted: string[]): number =>
  wanted.filter((line) => found.includes(line)).length / wanted.length;

test('reads a whole page of small print, long lines in pieces, and counts them on the way', async ({ refit }) => {
  const { picture, text } = await printed(refit);
  await open(refit, picture);
  await refit.window.getByTestId('start').click();
  await expect(refit.window.getByTestId('status-job')).toContainText(/Read text · \d+ of \d+/, { timeout: 60_000 });
  await refit.screenshot('read-text-working');
  await expect(refit.window.getByTestId('copy-all')).toBeVisible({ timeout: 150_000 });
  const found = await refit.window.locator('[data-testid="text-lines"] p').allTextContents();
  console.log(`    ${found.length} lines, ${(100 * share(found, text)).toFixed(0)} % to the letter`);
  expect(found).toHaveLength(text.length);
  expect(share(found, text)).toBeGreaterThanOrEqual(0.9);
  await refit.screenshots('read-text-page');
});

test('is stopped between two lines by Esc, and starts again', async ({ refit }) => {
  const { picture } = await printed(refit);
  await open(refit, picture);
  await refit.window.getByTestId('start').click();
  const job = refit.window.getByTestId('status-job');
  await expect(job).toContainText(/[1-9]\d* of \d+/, { timeout: 60_000 });
  await refit.window.keyboard.press('Escape');
  await expect(job).toHaveText('Stopped');
  await expect(refit.window.getByTestId('error-inline')).toBeHidden();
  await expect(refit.window.getByTestId('text-layer')).toBeHidden();
  await openPicture(refit, crop(await readPage(), { x: 0, y: 0, width: 384, height: 40 }));
  await run(refit);
  await expect(refit.window.locator('[data-testid="text-lines"] p')).toHaveText([page[0] ?? '']);
});

const bill: Line[] = [
  ['Harbour Bakery', 30, 60],
  ['Rye bread', 30, 120],
  ['4.20', 330, 120],
  ['Butter, salted', 30, 170],
  ['2.95', 330, 170],
  ['Total', 30, 220],
  ['7.15', 330, 220],
];
const printBill = (refit: RunningApp) => print(refit, { width: 430, height: 260 }, '26px sans-serif', bill);
const billRows = ['Harbour Bakery', 'Rye bread\t4.20', 'Butter, salted\t2.95', 'Total\t7.15'];

test('reads a bill, upright or upside down, with a name and its price on one line', async ({ refit }) => {
  const picture = await printBill(refit);
  expect(await readText(refit, picture)).toEqual(billRows);
  expect(await readText(refit, turned(turned(picture)))).toEqual(billRows);
});

test('saves a table for spreadsheets and every line for programs, and says how sure each is', async ({
  refit,
  userDataDir,
}) => {
  await readText(refit, await printBill(refit));
  await expect(refit.window.locator('[data-testid="text-sure"]')).toHaveText(billRows.map(() => /^\d+ % sure$/));
  await expect(refit.window.getByTestId('text-layer').locator('title')).toHaveText(bill.map(() => /^\d+ % sure$/));
  await refit.window.getByTestId('text-format-csv').click();
  const csv = await save(refit, path.join(userDataDir, 'bill.csv'));
  expect(csv.toString('utf8')).toBe(
    '\uFEFFHarbour Bakery,\r\nRye bread,4.20\r\n"Butter, salted",2.95\r\nTotal,7.15\r\n',
  );
  expect(await suggestedName(refit)).toBe('page.csv');
  await refit.screenshots('read-text-table');
  await refit.window.getByTestId('text-format-json').click();
  const json = JSON.parse((await save(refit, path.join(userDataDir, 'bill.json'))).toString('utf8'));
  expect(json.picture).toEqual({ name: 'page.png', width: 430, height: 260 });
  expect(json.lines.map(({ text }: { text: string }) => text)).toEqual(bill.map(([text]) => text));
  expect(json.lines[1]).toMatchObject({ row: 1, column: 0, confidence: expect.any(Number) });
  expect(json.lines[1].corners).toHaveLength(4);
});

test('offers no table where the text is none', async ({ refit }) => {
  await readText(refit, await onNothing(refit, ['Invoice number 4711', 'Due on the first of May'], 'black'));
  await expect(refit.window.getByTestId('text-format').getByRole('radio')).toHaveText(['Text', 'JSON']);
});

test('reads two columns one after the other, below their headline', async ({ refit }) => {
  const headline = 'What happens in the harbour of a small town';
  const left = ['Ships leave the old', 'harbour before dawn', 'and come back late'];
  const right = ['Gulls wait on roofs', 'until the nets are', 'hauled up and then', 'they fly in circles.'];
  const drawn = [left, right].flatMap((column, i) => column.map((text, j): Line => [text, 30 + i * 400, 130 + j * 45]));
  const picture = await print(refit, { width: 760, height: 310 }, '26px sans-serif', [[headline, 30, 60], ...drawn]);
  expect(await readText(refit, picture)).toEqual([headline, ...left, ...right]);
});
