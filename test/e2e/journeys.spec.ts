/** What people come for, from the open window to saved files, in the fewest actions. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import sharp from 'sharp';
import { expect, type RunningApp } from './app';
import { filesIn } from './filesIn';
import { personAt } from './person';
import { readyInSmallTiles, test } from './smallTiles';

/** Forty runs of a network on a processor that others use too. */
const patient = { timeout: 500_000 };
test.setTimeout(600_000);
const ended = ({ window }: RunningApp) => expect(window.getByTestId('queue-ending')).toBeVisible(patient);
const sampleOf = (model: string, file: string): string =>
  path.resolve(import.meta.dirname, '../../models', model, 'prepared', file);

/** A photo's moment and its seconds of latitude, of which each has its own. */
const momentOf = (i: number): string => `2024:07:01 10:00:${String(i).padStart(2, '0')}`;
const photo = (i: number) =>
  sharp({ create: { width: 30, height: 20, channels: 3, background: { r: 6 * i, g: 120, b: 250 - 6 * i } } })
    .withExif({
      IFD2: { DateTimeOriginal: momentOf(i) },
      IFD3: { GPSLatitudeRef: 'N', GPSLatitude: `59/1 54/1 ${i}/1` },
    })
    .jpeg();

/** Whether metadata say 59° 54′ and these seconds, in either order of bytes. */
function saysPlace(exif: Buffer, seconds: number): boolean {
  const numbers = [59, 1, 54, 1, seconds, 1];
  return (['writeUInt32LE', 'writeUInt32BE'] as const).some((write) => {
    const bytes = Buffer.alloc(24);
    for (const [at, number] of numbers.entries()) bytes[write](number, at * 4);
    return exif.includes(bytes);
  });
}

test('forty holiday photos in three folders are enlarged in three actions', async ({ refit, userDataDir }) => {
  const holiday = path.join(userDataDir, 'Holiday');
  const folders = [
    'Norway',
    path.join('Norway', 'Fjord'),
    'A village with a very long name on the other side of the water',
  ];
  const photos = Array.from({ length: 40 }, (_, i) => path.join(folders[i % 3] ?? '', `photo ${i + 1}.jpg`));
  for (const folder of folders) await mkdir(path.join(holiday, folder), { recursive: true });
  for (const [i, file] of photos.entries()) await photo(i).toFile(path.join(holiday, file));
  await writeFile(path.join(holiday, 'Norway', 'tickets.pdf'), 'no picture');
  await readyInSmallTiles(refit);
  await refit.screenshots('journey-open');
  const person = personAt(refit);
  await person.click('tool-fast-x4');
  await person.drop(holiday);
  await expect(refit.window.getByTestId('queue-start')).toHaveText('Start 40 pictures');
  await refit.screenshots('journey-photos-added');
  await person.click('queue-start');
  await expect(refit.window.getByTestId('status-job')).toContainText(/[1-9]\d* of 40/, patient);
  await refit.screenshot('journey-photos-working');
  await ended(refit);
  expect(person.actions).toHaveLength(3);
  await refit.screenshots('journey-photos-done');
  await expect(refit.window.getByTestId('queue-ending')).toContainText('40 pictures saved beside the originals.');
  // Each lies beside its photo, so the folders are the same.
  const made = photos.map((file) => file.replace('.jpg', ' ×4.png'));
  expect(await filesIn(holiday)).toEqual([...photos, ...made, path.join('Norway', 'tickets.pdf')].sort());
  for (const [i, file] of made.entries()) {
    const { width, height, exif } = await sharp(path.join(holiday, file)).metadata();
    expect([width, height], file).toEqual([120, 80]);
    expect(exif?.includes(momentOf(i)), file).toBe(true);
    expect(exif && saysPlace(exif, i), file).toBe(true);
  }
});

test('shop photos are cut out, enlarged and laid on white as JPEG in six actions', async ({ refit, userDataDir }) => {
  const shop = path.join(userDataDir, 'Shop');
  await mkdir(shop);
  const cup = sharp(sampleOf('cut-out', 'coffee.png')).resize(150);
  for (const name of ['cup.png', 'saucer.png']) await cup.clone().toFile(path.join(shop, name));
  await readyInSmallTiles(refit);
  const person = personAt(refit);
  await person.click('tool-cut-out');
  await person.drop(shop);
  await person.click('add-step');
  await person.click('step-fast-x4');
  await person.click('format-jpeg');
  await refit.screenshots('journey-shop-chosen');
  await person.click('queue-start');
  await ended(refit);
  expect(person.actions).toHaveLength(6);
  // The picture beside what was made of it.
  await expect(refit.window.getByTestId('result-canvas')).toBeVisible();
  await refit.screenshots('journey-shop-done');
  expect((await filesIn(shop)).filter((file) => file.endsWith('.jpg'))).toEqual([
    'cup cut out ×4.jpg',
    'saucer cut out ×4.jpg',
  ]);
  const { data, info } = await sharp(path.join(shop, 'cup cut out ×4.jpg')).raw().toBuffer({ resolveWithObject: true });
  expect(info.width).toBe(600);
  // The corners show what it is laid on.
  expect([...data.subarray(0, 3)].every((value) => value >= 250)).toBe(true);
});

/** Fields of a file of comma-separated values (RFC 4180), as a spreadsheet reads them. */
function rowsOf(csv: string): string[][] {
  const rows: string[][] = [];
  for (const line of csv
    .replace(/^\uFEFF/, '')
    .split('\r\n')
    .slice(0, -1))
    rows.push(
      [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(([, q, p]) => q?.replaceAll('""', '"') ?? p ?? ''),
    );
  return rows;
}

test('a scanned receipt becomes a table that a spreadsheet opens, in six actions', async ({ refit, userDataDir }) => {
  const receipt = path.join(userDataDir, 'receipt.png');
  const sold = [
    ['Harbour Bakery', ''],
    ['Rye bread', '4.20'],
    ['Butter, salted', '2.95'],
    ['Total', '7.15'],
  ];
  const text = sold.flatMap((cells, row) =>
    cells.map((cell, column) => `<text x="${30 + column * 300}" y="${70 + row * 50}">${cell}</text>`),
  );
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="430" height="260" font-size="26" font-family="sans-serif"><rect width="100%" height="100%" fill="white"/>${text.join('')}</svg>`;
  await sharp(Buffer.from(svg)).png().toFile(receipt);
  await readyInSmallTiles(refit);
  const person = personAt(refit);
  await person.click('tool-read-text');
  await person.drop(receipt);
  await expect(refit.window.getByTestId('start')).toBeEnabled();
  await person.click('start');
  await expect(refit.window.getByTestId('text-format-csv')).toBeVisible(patient);
  await person.click('text-format-csv');
  await refit.screenshots('journey-receipt-read');
  await person.clickAndChoose('save', path.join(userDataDir, 'receipt.csv'));
  await expect(refit.window.getByTestId('saved')).toContainText('receipt.csv');
  expect(person.actions).toHaveLength(6);
  await refit.screenshot('journey-receipt-saved');
  expect(rowsOf(await readFile(path.join(userDataDir, 'receipt.csv'), 'utf8'))).toEqual(sold);
});
