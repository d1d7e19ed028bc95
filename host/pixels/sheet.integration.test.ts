import { expect, test } from 'vitest';
import { answerPlace, sheetFor } from '../../app/parts';
import { closePictures, fileOf, pixels } from '../../main/pictures/picture.fixture';
import { Maps } from './layers';
import { readAnswer, readSheet, writeAnswer, writeSheet } from './sheet';

closePictures();

/** Of a size whose pixels fill no whole row. */
const size = { width: 333, height: 77 };
async function bench(length: number) {
  const shape = sheetFor([size]);
  const { facts: file } = await fileOf(shape.width, shape.height, new Uint8Array(shape.width * shape.height * 3));
  return { maps: new Maps(pixels), sheet: { file, ...size, length } };
}
const noise = (length: number, seed: number) => Uint8Array.from({ length }, (_, i) => (i * seed) >>> 3);
const output = (byteLength: number, seed: number) => ({
  name: 'map',
  dtype: 'uint8' as const,
  shape: [1, byteLength],
  bytes: noise(byteLength, seed),
});

test('gives each picture and each answer back as it was', async () => {
  const { maps, sheet } = await bench(3);
  const pictures = [3, 5, 7].map((seed) => ({ ...size, rgb: noise(size.width * size.height * 3, seed) }));
  await writeSheet(maps, sheet.file, pictures);
  const answers = await Promise.all(
    [11, 13, 17].map((seed, at) => writeAnswer(maps, sheet, at, [output(100_001, seed), output(7, seed)])),
  );
  expect(answers.flat().map((each) => 'bytes' in each)).toEqual(Array(6).fill(false));
  for (const [at, picture] of pictures.entries()) expect(await readSheet(maps, sheet, at)).toEqual(picture);
  for (const [i, seed] of [11, 13, 17].entries())
    expect(await readAnswer(maps, sheet.file, answers[i] ?? [])).toEqual([output(100_001, seed), output(7, seed)]);
});

test('reads no more than the sheet has', async () => {
  const { maps, sheet } = await bench(1);
  const wild = [{ name: 'map', dtype: 'float32' as const, shape: [2 ** 40], row: 0 }];
  await expect(readAnswer(maps, sheet.file, wild)).rejects.toThrow('Expected rows of');
});

test('leaves in the message what is short, or has no room', async () => {
  const { maps, sheet } = await bench(64);
  const { rows } = answerPlace(sheet.file, 0, 64);
  for (const bytes of [640, (rows + 1) * 3072]) {
    const said = [output(bytes, 3)];
    expect(await writeAnswer(maps, sheet, 63, said)).toEqual(said);
  }
});
