import { expect, test } from 'vitest';
import type { ToolAnswer } from '../../app/toolAnswer';
import { closePictures, fileOf, pixels, pixelsOf } from '../../main/pictures/picture.fixture';
import { apply } from './apply';
import { blurEllipse } from './blur';
import { Maps } from './layers';

closePictures();

const [width, height] = [60, 40];
const rgb = Uint8Array.from({ length: width * height * 3 }, (_, i) => ((i * 2654435761) >>> 24) ^ (i >> 3));
const alpha = Uint8Array.from({ length: width * height }, (_, i) => (i * 7) % 256);

/** What the answer makes of the picture. */
async function applied(answer: ToolAnswer, own?: Uint8Array) {
  const picture = (await fileOf(width, height, rgb)).facts;
  const source = { picture, ...(own && { alpha: (await fileOf(width, height, own)).facts }) };
  const made = { picture: (await fileOf(width, height, 3)).facts, alpha: (await fileOf(width, height, 1)).facts };
  await apply(new Maps(pixels), { source, made, answer });
  expect(await pixelsOf(picture)).toEqual(rgb);
  return { picture: await pixelsOf(made.picture), alpha: await pixelsOf(made.alpha) };
}

test("lays a mask of the picture's size over it as it is", async () => {
  expect((await applied({ kind: 'alpha', width, height, bytes: alpha })).alpha).toEqual(alpha);
});

test("multiplies a mask with the picture's own alpha", async () => {
  const own = Uint8Array.from({ length: width * height }, (_, i) => 255 - (i % 256));
  const made = await applied({ kind: 'alpha', width, height, bytes: alpha }, own);
  expect(made.alpha).toEqual(alpha.map((value, i) => Math.round((value * (own[i] ?? 0)) / 255)));
});

test('enlarges a small mask without a step, its edges on the edges of the picture', async () => {
  const made = await applied({ kind: 'alpha', width: 2, height: 1, bytes: Uint8Array.of(0, 255) });
  const row = [...made.alpha.subarray(0, width)];
  expect([row[0], row.at(-1)]).toEqual([0, 255]);
  for (let x = 1; x < width; x++) {
    const step = (row[x] ?? 0) - (row[x - 1] ?? 0);
    expect(step >= 0 && step <= Math.ceil(255 / 30)).toBe(true);
  }
  expect(made.alpha.subarray(width * 20, width * 21)).toEqual(Uint8Array.from(row));
});

test.each([
  ['opaque', undefined],
  ['transparent', alpha],
])('blurs of an %s picture what blurEllipse blurs of the whole', async (_, own) => {
  // Two that overlap, one past the border, one outside.
  const ellipses = [
    { x: 20, y: 15, radiusX: 9, radiusY: 12 },
    { x: 28, y: 18, radiusX: 10, radiusY: 6 },
    { x: 58, y: 38, radiusX: 8, radiusY: 8 },
    { x: 500, y: 500, radiusX: 5, radiusY: 5 },
  ];
  const data = new Uint8Array(width * height * 4);
  for (let i = 0; i < width * height; i++) {
    data.set(rgb.subarray(i * 3, i * 3 + 3), i * 4);
    data[i * 4 + 3] = own?.[i] ?? 255;
  }
  for (const ellipse of ellipses) blurEllipse({ width, height, channels: 4, data }, ellipse);
  const expected = data.filter((_, i) => i % 4 !== 3);
  expect(expected).not.toEqual(rgb);
  expect((await applied({ kind: 'blur', ellipses }, own)).picture).toEqual(expected);
});

test('puts another picture in the place, enlarged', async () => {
  const bytes = Uint8Array.of(10, 20, 30);
  const made = await applied({ kind: 'picture', width: 1, height: 1, bytes });
  expect(made.picture).toEqual(rgb.map((_, i) => bytes[i % 3] ?? 0));
});

test.each<ToolAnswer>([{ kind: 'same' }, { kind: 'text', regions: [] }])('does nothing for $kind', async (answer) => {
  const made = await applied(answer);
  expect([made.picture, made.alpha].every((bytes) => bytes.every((byte) => byte === 0))).toBe(true);
});
