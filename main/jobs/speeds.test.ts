import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { temporaryFolder } from '../example.fixture';
import { openSpeeds, TileClock } from './speeds';

let file: string;
beforeEach(async () => {
  file = path.join(await temporaryFolder(), 'speeds.json');
});

describe('a tile’s time', () => {
  test('is known at the next start, of tiles of the same size on the same machine', async () => {
    const speeds = await openSpeeds(file, 'mine');
    expect(speeds.tileMs('photo-x4', 128)).toBeUndefined();
    speeds.measured('photo-x4', 128, 6000);
    await speeds.keep();
    expect((await openSpeeds(file, 'mine')).tileMs('photo-x4', 128)).toBe(6000);
    expect((await openSpeeds(file, 'mine')).tileMs('photo-x4', 256)).toBeUndefined();
    expect((await openSpeeds(file, 'another')).tileMs('photo-x4', 128)).toBeUndefined();
  });

  test('is worth telling where it is new or differs by a tenth', async () => {
    const speeds = await openSpeeds(file);
    expect([100, 105, 120, 120].map((ms) => speeds.measured('fast-x4', 128, ms))).toEqual([true, false, true, false]);
    for (const nonsense of [0, -1, Number.NaN, Number.POSITIVE_INFINITY])
      expect(speeds.measured('fast-x4', 128, nonsense)).toBe(false);
    expect(speeds.tileMs('fast-x4', 128)).toBe(120);
  });

  test.each(['', '{', '[]', '{"machine":"mine","tools":{"a":{"tile":1,"tileMs":-5}}}', '\0'.repeat(70_000)])(
    'is unknown where what was kept is %j',
    async (damaged) => {
      await writeFile(file, damaged);
      const speeds = await openSpeeds(file, 'mine');
      expect(speeds.tileMs('a', 1)).toBeUndefined();
      speeds.measured('a', 1, 7);
      await speeds.keep();
      expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({ tools: { a: { tile: 1, tileMs: 7 } } });
    },
  );

  test('is measured even where it cannot be kept', async () => {
    const speeds = await openSpeeds(path.join(file, 'none', 'speeds.json'));
    speeds.measured('a', 1, 7);
    await speeds.keep();
    expect(speeds.tileMs('a', 1)).toBe(7);
  });
});

test('a clock counts the first tile, with its warm-up, only until the second is there', () => {
  let now = 0;
  const clock = new TileClock(() => now);
  now = 3000;
  expect([clock.add(1), clock.add(0)]).toEqual([3000, undefined]);
  now = 5000;
  expect(clock.add(2)).toBe(1000);
  now = 8000;
  expect(clock.add(3)).toBe(1000);
});
