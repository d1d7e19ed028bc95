import { expect, test } from 'vitest';
import { closePictures, fileOf, pixels } from '../../main/pictures/picture.fixture';
import { fc } from '../../test/properties';
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

test.each([
  ['shrunk', { x: 0, y: 0, width: 4, height: 2 }, 2, 1],
  ['shrunk unevenly', { x: 0, y: 0, width: 4, height: 2 }, 3, 1],
  ['enlarged', { x: 1, y: 0, width: 2, height: 2 }, 16, 16],
])('mixes into what is seen nothing that is hidden, %s', async (_, region, width, height) => {
  // White where it is seen; red is hidden, as a tool that cuts out leaves it.
  const hidden = (i: number) => (i % 4) % 2 === 0;
  const colours = Uint8Array.from({ length: 24 }, (_, i) => (hidden(Math.floor(i / 3)) && i % 3 > 0 ? 0 : 255));
  const alpha = Uint8Array.from({ length: 8 }, (_, i) => (hidden(i) ? 0 : 255));
  const layer = { picture: (await fileOf(4, 2, colours)).facts, alpha: (await fileOf(4, 2, alpha)).facts };
  const seen = await view(new Maps(pixels), layer, region, width, height);
  const opacity = seen.filter((_, i) => i % 4 === 3);
  expect(opacity.some((value) => value > 0 && value < 255)).toBe(true);
  for (let i = 0; i < seen.length; i += 4)
    if ((seen[i + 3] as number) > 0) expect([...seen.subarray(i, i + 3)]).toEqual([255, 255, 255]);
});

test('gives of colours and alpha what either is by itself, where they say so', async () => {
  const [width, height] = [40, 30];
  const bytes = (count: number) => Uint8Array.from({ length: count }, (_, i) => Math.imul(i + 1, 2654435761) >>> 24);
  const picture = (await fileOf(width, height, bytes(width * height * 3))).facts;
  const mask = (await fileOf(width, height, bytes(width * height))).facts;
  const opaque = (await fileOf(width, height, new Uint8Array(width * height).fill(255))).facts;
  const maps = new Maps(pixels);
  const part = fc.record({
    x: fc.integer({ min: 0, max: 20 }),
    y: fc.integer({ min: 0, max: 20 }),
    width: fc.integer({ min: 1, max: 20 }),
    height: fc.integer({ min: 1, max: 10 }),
  });
  const side = fc.integer({ min: 1, max: 50 });
  await fc.assert(
    fc.asyncProperty(part, side, side, async (region, wide, high) => {
      const alone = new Uint8Array(wide * high);
      await maps.read(mask).resample(region, wide, high, alone);
      const masked = await view(maps, { picture, alpha: mask }, region, wide, high);
      const seen = await view(maps, { picture, alpha: opaque }, region, wide, high);
      const rgb = await view(maps, { picture }, region, wide, high);
      for (let i = 0; i < wide * high; i++) {
        expect(Math.abs((masked[i * 4 + 3] as number) - (alone[i] as number))).toBeLessThanOrEqual(1);
        for (let c = 0; c < 3; c++)
          expect(Math.abs((seen[i * 4 + c] as number) - (rgb[i * 3 + c] as number))).toBeLessThanOrEqual(1);
      }
    }),
    { numRuns: 100 },
  );
});

test('gives an alpha that is all or nothing as it is, at any size', async () => {
  const [width, height] = [90, 50];
  for (const value of [0, 255]) {
    const facts = { picture: await fileOf(width, height, 3), alpha: await fileOf(width, height, 1) };
    await facts.alpha.writeRows(0, new Uint8Array(width * height).fill(value));
    const layer = { picture: facts.picture.facts, alpha: facts.alpha.facts };
    for (const [wide, high] of [
      [7, 3],
      [45, 25],
      [89, 51],
      [200, 120],
    ] as const) {
      const seen = await view(new Maps(pixels), layer, { x: 0, y: 0, width, height }, wide, high);
      expect(seen.filter((_, i) => i % 4 === 3)).toEqual(new Uint8Array(wide * high).fill(value));
    }
  }
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
