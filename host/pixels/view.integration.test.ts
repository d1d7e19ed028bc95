import { expect, test } from 'vitest';
import { closePictures, fileOf, pixels } from '../../main/pictures/picture.fixture';
import { Maps } from './layers';
import { view, viewRgba } from './view';

closePictures();

const rgb = Uint8Array.from({ length: 4 * 2 * 3 }, (_, i) => i * 10);
const all = { x: 0, y: 0, width: 4, height: 2 };
const [left, right] = [rgb.subarray(0, 3), rgb.subarray(9, 12)];

test('shows an opaque layer as RGB, pixel for pixel where it is not enlarged', async () => {
  const layer = { picture: (await fileOf(4, 2, rgb)).facts };
  expect(await view(new Maps(pixels), layer, all, 4, 2)).toEqual(rgb);
});

test('shows a transparent layer as RGBA', async () => {
  const alpha = Uint8Array.of(0, 1, 2, 3, 252, 253, 254, 255);
  const layer = { picture: (await fileOf(4, 2, rgb)).facts, alpha: (await fileOf(4, 2, alpha)).facts };
  const seen = await view(new Maps(pixels), layer, { x: 3, y: 0, width: 1, height: 2 }, 1, 2);
  expect([...seen]).toEqual([...right, 3, ...rgb.subarray(21, 24), 255]);
});

test('shrinks by the mean', async () => {
  const layer = { picture: (await fileOf(4, 2, rgb)).facts };
  const mean = (c: number) => Math.round([0, 3, 12, 15].reduce((sum, i) => sum + (rgb[i + c] ?? 0), 0) / 4);
  const seen = await view(new Maps(pixels), layer, { x: 0, y: 0, width: 2, height: 2 }, 1, 1);
  expect([...seen]).toEqual([mean(0), mean(1), mean(2)]);
});

test('shows of an enlarged layer the alpha that the picture had before, at the same place', async () => {
  const enlarged = new Uint8Array(8 * 4 * 3).fill(7);
  const alpha = Uint8Array.of(0, 0, 255, 255, 0, 0, 255, 255);
  const layer = { picture: (await fileOf(8, 4, enlarged)).facts, alpha: (await fileOf(4, 2, alpha)).facts };
  const at = async (x: number) => (await view(new Maps(pixels), layer, { x, y: 0, width: 2, height: 4 }, 1, 1))[3];
  expect([await at(0), await at(6)]).toEqual([0, 255]);
});

test('gives an opaque layer an alpha of 255 where four channels are asked for', async () => {
  const layer = { picture: (await fileOf(4, 2, rgb)).facts };
  const seen = await viewRgba(new Maps(pixels), layer, { x: 0, y: 0, width: 1, height: 1 }, 1, 1);
  expect([...seen]).toEqual([...left, 255]);
});

test('shows what the file holds now, not what it held when it was first looked at', async () => {
  const file = await fileOf(4, 2, rgb);
  const maps = new Maps(pixels);
  await view(maps, { picture: file.facts }, all, 4, 2);
  await file.writeRows(0, new Uint8Array(12).fill(99));
  expect((await view(maps, { picture: file.facts }, all, 4, 2)).subarray(0, 12)).toEqual(new Uint8Array(12).fill(99));
});

test('shows the next file of a name once the one before is forgotten', async () => {
  const maps = new Maps(pixels);
  const first = await fileOf(4, 2, rgb);
  await view(maps, { picture: first.facts }, all, 4, 2);
  maps.forget(first.facts.file);
  await first.close();
  const second = await fileOf(4, 2, new Uint8Array(24).fill(5));
  expect(await view(maps, { picture: second.facts }, all, 4, 2)).toEqual(new Uint8Array(24).fill(5));
});
