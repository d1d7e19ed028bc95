import { expect, test } from 'vitest';
import { nearest } from '../../main/example.fixture';
import { closePictures, fileOf, fileOfPicture, pixelsOf } from '../../main/pictures/picture.fixture';
import type { PictureFacts } from '../../native/pixels';
import { inferTiles, inferWhole, type TilesDone } from './infer';

closePictures();

const picture = (width: number, height: number) => ({
  width,
  height,
  rgb: Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * 31) % 251),
});

async function filesOf(width: number, height: number): Promise<{ source: PictureFacts; result: PictureFacts }> {
  const source = await fileOfPicture(picture(width, height));
  return { source: source.facts, result: (await fileOf(width * 2, height * 2, 3)).facts };
}

function enlarged({ width, rgb, height }: ReturnType<typeof picture>): Uint8Array {
  const all = new Uint8Array(width * height * 12);
  let o = 0;
  for (let y = 0; y < height * 2; y++)
    for (let x = 0; x < width * 2; x++)
      for (let c = 0; c < 3; c++) all[o++] = rgb[((y >> 1) * width + (x >> 1)) * 3 + c] ?? 0;
  return all;
}

test('puts a picture together again from its tiles', async () => {
  const { source, result } = await filesOf(75, 50);
  expect(await inferTiles(nearest(), { source, result, finished: [] }, () => {})).toBe(true);
  expect(Buffer.compare(await pixelsOf(result), enlarged(picture(75, 50)))).toBe(0);
});

test('counts its tiles to the end', async () => {
  const told: TilesDone[] = [];
  await inferTiles(nearest(), { ...(await filesOf(75, 50)), finished: [] }, (tiles) => told.push(tiles));
  expect(told.map(({ done }) => done)).toEqual(told.map((_, i) => i + 1));
  expect(told.at(-1)?.total).toBe(told.length);
});

test('tells of a tile only once its pixels lie in the result', async () => {
  const { source, result } = await filesOf(75, 50);
  const expected = enlarged(picture(75, 50));
  const seen: Promise<boolean>[] = [];
  await inferTiles(nearest(), { source, result, finished: [] }, ({ rects: [rect] }) => {
    const at = rect ? (rect.y * 150 + rect.x) * 3 : 0;
    const row = (of: Uint8Array) => of.subarray(at, at + (rect?.width ?? 0) * 3);
    seen.push(pixelsOf(result).then((now) => Buffer.compare(row(now), row(expected)) === 0));
  });
  expect(await Promise.all(seen)).toEqual(seen.map(() => true));
});

test('stops at the next tile when it is stopped', async () => {
  let runs = 0;
  let told = 0;
  const session = nearest(() => runs++);
  const isDone = await inferTiles(session, { ...(await filesOf(200, 200)), finished: [] }, () => {
    told += 1;
    if (told === 2) session.stopTiles();
  });
  expect([isDone, runs, told]).toEqual([false, 2, 2]);
});

test('refuses a whole picture of another shape than the profile', async () => {
  await expect(inferWhole(nearest(), picture(31, 32))).rejects.toThrow('Expected 32 × 32');
});

test('leaves out what is finished, and counts it as done', async () => {
  const files = await filesOf(200, 200);
  let runs = 0;
  const session = nearest(() => runs++);
  const all: TilesDone[] = [];
  await inferTiles(session, { ...files, finished: [] }, (tiles) => all.push(tiles));
  const rects = all.flatMap((tiles) => tiles.rects);
  const half = rects.slice(0, rects.length / 2);
  runs = 0;
  const rest: TilesDone[] = [];
  expect(await inferTiles(session, { ...files, finished: half }, (tiles) => rest.push(tiles))).toBe(true);
  expect(rest.flatMap((tiles) => tiles.rects)).toEqual(rects.slice(rects.length / 2));
  expect([runs, rest.at(-1)?.done, rest.at(-1)?.total]).toEqual([rest.length, all.length, all.length]);
});

test('is through at once where everything is finished', async () => {
  const none = (): never => {
    throw new Error('nothing was to be done');
  };
  const finished = [{ x: 0, y: 0, width: 400, height: 400 }];
  expect(await inferTiles(nearest(none), { ...(await filesOf(200, 200)), finished }, none)).toBe(true);
});
