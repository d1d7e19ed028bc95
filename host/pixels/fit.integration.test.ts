import { expect, test } from 'vitest';
import { closePictures, fileOf, pixels } from '../../main/pictures/picture.fixture';
import { lookBy } from '../../models/tool';
import { cut } from './cut';
import { fitted, laid } from './fit';
import { Maps } from './layers';

closePictures();

const input = { width: 4, height: 4 };
const wide = new Uint8Array(8 * 4 * 3).fill(200);

test('stretches a picture over all of the input', async () => {
  const layer = { picture: (await fileOf(8, 4, wide)).facts };
  expect(await fitted(new Maps(pixels), layer, 'stretch', input)).toEqual(new Uint8Array(48).fill(200));
});

test('lays a picture in whole at the top left, and leaves the rest black', async () => {
  const layer = { picture: (await fileOf(8, 4, wide)).facts };
  const rgb = await fitted(new Maps(pixels), layer, 'contain', input);
  expect(rgb.subarray(0, 24)).toEqual(new Uint8Array(24).fill(200));
  expect(rgb.subarray(24)).toEqual(new Uint8Array(24));
});

test.each([
  ['white shine through behind dark ink', 20, 255],
  ['black shine through behind light ink', 220, 0],
])('lets %s', async (_, ink, ground) => {
  const alpha = Uint8Array.from({ length: 16 }, (_, i) => (i % 4 < 2 ? 255 : 0));
  const picture = (await fileOf(4, 4, new Uint8Array(48).fill(ink))).facts;
  const layer = { picture, alpha: (await fileOf(4, 4, alpha)).facts };
  const rgb = await fitted(new Maps(pixels), layer, 'stretch', input);
  expect([...rgb.subarray(0, 12)]).toEqual([ink, ink, ink, ink, ink, ink, ...new Array(6).fill(ground)]);
});

test('sees an opaque picture as one whose alpha is all opaque', async () => {
  const rgb = Uint8Array.from({ length: 48 }, (_, i) => i * 5);
  const picture = (await fileOf(4, 4, rgb)).facts;
  const alpha = (await fileOf(4, 4, new Uint8Array(16).fill(255))).facts;
  const maps = new Maps(pixels);
  expect(await fitted(maps, { picture, alpha }, 'stretch', input)).toEqual(
    await fitted(maps, { picture }, 'stretch', input),
  );
});

test.each([
  ['opaque', undefined],
  ['transparent', Uint8Array.from({ length: 80 }, (_, i) => (i * 37) % 256)],
])('lays a part of an %s picture in as the window looks at it', async (_, shine) => {
  const rgb = Uint8Array.from({ length: 10 * 8 * 3 }, (_, i) => (i * 31) % 256);
  const layer = {
    picture: (await fileOf(10, 8, rgb)).facts,
    ...(shine && { alpha: (await fileOf(10, 8, shine)).facts }),
  };
  const maps = new Maps(pixels);
  const look = lookBy({ input, cut: (rectangle, width, height) => cut(maps, layer, rectangle, width, height) });
  const regions = [
    [
      { x: 3, y: 2, width: 4, height: 4 },
      { width: 4, height: 4 },
    ],
    [
      { x: 2, y: 1, width: 8, height: 6 },
      { width: 4, height: 3 },
    ],
    [
      { x: 8, y: 0, width: 2, height: 8 },
      { width: 1, height: 4 },
    ],
  ] as const;
  for (const [region, seen] of regions)
    expect(await laid(maps, layer, region, seen, input)).toEqual((await look(region, seen)).rgb);
});
