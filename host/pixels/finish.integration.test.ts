import { expect, test } from 'vitest';
import { sheetFor } from '../../app/parts';
import { closePictures, fileOf, pixels } from '../../main/pictures/picture.fixture';
import { Finishes } from './finish';
import { Maps } from './layers';
import { readSheet } from './sheet';

closePictures();

const input = { width: 640, height: 640 };
/** Of a network that has found no face. */
const nothing = (['heatmap', 'scale', 'offset'] as const).map((name) => {
  const shape = [1, name === 'heatmap' ? 1 : 2, 160, 160];
  return { name, dtype: 'float32' as const, shape, bytes: new Uint8Array(shape.reduce((a, b) => a * b, 4)) };
});
/** A picture that is grey, and white from column 640 on: Blur faces looks at it whole, and at both of its squares. */
async function bench() {
  const [width, height] = [1152, 640];
  const rgb = Uint8Array.from({ length: width * height * 3 }, (_, i) => (Math.floor(i / 3) % width < 640 ? 99 : 255));
  const picture = { picture: (await fileOf(width, height, rgb)).facts };
  const maps = new Maps(pixels);
  const finishes = new Finishes(() => maps);
  const size = sheetFor([input]);
  const sheet = (await fileOf(size.width, size.height, new Uint8Array(size.width * size.height * 3))).facts;
  const begin = () =>
    finishes.begin({ id: 7, model: 'blur-faces', picture, fit: 'contain', input, outputs: nothing, sheet });
  const seen = (at: number) => readSheet(maps, { file: sheet, ...input, length: 2 }, at);
  return { finishes, begin, seen };
}

test('a tool’s code asks for networks on parts of its picture, and answers once it has what they say', async () => {
  const { finishes, begin, seen } = await bench();
  expect(await begin()).toEqual({ kind: 'asks', model: 'blur-faces', ...input, count: 2 });
  // First and last byte of each square.
  const [one, two] = [(await seen(0)).rgb, (await seen(1)).rgb];
  expect([one.at(0), one.at(-1), two.at(0), two.at(-1)]).toEqual([99, 99, 99, 255]);
  expect(await finishes.goOn(7, [nothing, nothing])).toMatchObject({
    kind: 'done',
    answer: { kind: 'hide', boxes: [] },
  });
});

test('what the tool’s code throws is what its call fails with', async () => {
  const { finishes, begin } = await bench();
  await begin();
  await expect(finishes.goOn(7, [[], []])).rejects.toThrow('Expected output "heatmap" but received none');
});

test('a tool that was ended, or ran in a process before, is not gone on with', async () => {
  const { finishes, begin } = await bench();
  await begin();
  finishes.end(7);
  await expect(finishes.goOn(7, [nothing, nothing])).rejects.toMatchObject({ code: 'HOST_DIED' });
});
