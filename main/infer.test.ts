import { expect, test } from 'vitest';
import { nearest } from './example.fixture';
import { inferTiles, inferWhole, type TileDone } from './infer';

const picture = (width: number, height: number) => ({
  width,
  height,
  rgb: Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * 31) % 251),
  arrived: async () => {},
});

test.each([1, 2] as const)('puts a picture together again from its tiles, with %i lane(s)', async (lanes) => {
  const source = picture(75, 50);
  const result = new Uint8Array(150 * 100 * 3);
  const finished = await inferTiles(
    nearest(lanes),
    source,
    async ({ rect, rgb }) => {
      for (let row = 0; row < rect.height; row++)
        result.set(rgb.subarray(row * rect.width * 3, (row + 1) * rect.width * 3), ((rect.y + row) * 150 + rect.x) * 3);
    },
    () => false,
  );
  const expected = new Uint8Array(150 * 100 * 3);
  for (let y = 0; y < 100; y++)
    for (let x = 0; x < 150; x++)
      for (let c = 0; c < 3; c++) expected[(y * 150 + x) * 3 + c] = source.rgb[((y >> 1) * 75 + (x >> 1)) * 3 + c] ?? 0;
  expect(finished).toBe(true);
  expect(Buffer.compare(result, expected)).toBe(0);
});

test('counts its tiles to the end', async () => {
  const tiles: TileDone[] = [];
  await inferTiles(
    nearest(2),
    picture(75, 50),
    async (tile) => void tiles.push(tile),
    () => false,
  );
  expect(tiles.map(({ done }) => done)).toEqual(tiles.map((_, i) => i + 1));
  expect(tiles.at(-1)?.total).toBe(tiles.length);
});

test('stops at the next tile when it is cancelled', async () => {
  let runs = 0;
  let taken = 0;
  const finished = await inferTiles(
    nearest(1, () => runs++),
    picture(200, 200),
    async () => void taken++,
    () => taken >= 2,
  );
  expect([finished, runs, taken]).toEqual([false, 2, 2]);
});

test('waits for a slow receiver instead of burying it', async () => {
  let runs = 0;
  void inferTiles(
    nearest(2, () => runs++),
    picture(200, 200),
    () => new Promise(() => {}),
    () => false,
  );
  await new Promise((resolve) => setTimeout(resolve, 30));
  expect(runs).toBe(2);
});

test('refuses a whole picture of another shape than the profile', async () => {
  await expect(inferWhole(nearest(1), picture(31, 32))).rejects.toThrow('Expected 32 × 32');
});

test('leaves out what is finished, and counts it as done', async () => {
  const all: TileDone[] = [];
  const run = (take: (tile: TileDone) => void, finished: TileDone['rect'][], onRun = () => {}) =>
    inferTiles(
      nearest(1, onRun),
      picture(200, 200),
      async (tile) => take(tile),
      () => false,
      finished,
    );
  await run((tile) => all.push(tile), []);
  const half = all.slice(0, all.length / 2).map(({ rect }) => rect);
  let runs = 0;
  const rest: TileDone[] = [];
  expect(
    await run(
      (tile) => rest.push(tile),
      half,
      () => runs++,
    ),
  ).toBe(true);
  expect(rest.map(({ rect }) => rect)).toEqual(all.slice(all.length / 2).map(({ rect }) => rect));
  expect([runs, rest.at(-1)?.done, rest.at(-1)?.total]).toEqual([rest.length, all.length, all.length]);
});

test('is through at once where everything is finished', async () => {
  const rect = { x: 0, y: 0, width: 400, height: 400 };
  const none = async (): Promise<void> => {
    throw new Error('nothing was to be done');
  };
  expect(await inferTiles(nearest(2), picture(200, 200), none, () => false, [rect])).toBe(true);
});
