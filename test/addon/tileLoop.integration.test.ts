/**
 * The loop behind Session.runTiles, with a made-up network on the processor (faults/tile_faults.cc) that repeats each pixel four times in
 * each direction. tiles.gpu.test.ts has the same on a GPU.
 */
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  ftruncateSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { coreOf, planTiles } from '../../app/tiles';
import type { Session } from '../../native/binding';
import type { PictureFacts } from '../../native/pixels';
import { buildFaults, tileFaultsFile } from './buildFaults';
import { canMount } from './mount.fixture';

/** A session's `runTiles`, then the tile's side, how many tiles are under way at once, and which start fails, from 1 on. */
interface TileFaults {
  runTiles(
    ...args: [...Parameters<Session['runTiles']>, side: number, slots: number, failAt: number]
  ): ReturnType<Session['runTiles']>;
  stopTiles(): void;
}

const scale = 4;
const headerBytes = 64;
const side = 64;
const overlap = 8;
const folder = mkdtempSync(join(tmpdir(), 'refit-tiles-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let addon: TileFaults;
beforeAll(async () => {
  // tools/sanitize.ts has compiled its own: no compiler runs where its libraries are preloaded.
  if (!process.env.REFIT_ADDON_BUILD) await buildFaults(() => {}, 'tile');
  addon = createRequire(tileFaultsFile)(tileFaultsFile) as TileFaults;
});

interface Job {
  source: PictureFacts;
  result: PictureFacts;
  tiles: Uint32Array;
  /** The expected core of a tile as rows of the result, each with its first byte's place. */
  rowsOf(tile: number): { at: number; bytes: Uint8Array }[];
}

let made = 0;
/** A source of noise and a result whose every byte is `before`, or a hole where that is 0. */
function makeJob(width: number, height: number, before = 0, place = folder): Job {
  const rgb = new Uint8Array(width * height * 3);
  for (let i = 0, state = 1; i < rgb.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    rgb[i] = 1 + (state >>> 25);
  }
  const make = (name: string, bytes: number, content: Uint8Array | null): string => {
    const file = join(place, name);
    const handle = openSync(file, 'w');
    ftruncateSync(handle, headerBytes + bytes);
    if (content) writeSync(handle, content, 0, content.length, headerBytes);
    closeSync(handle);
    return file;
  };
  const number = made++;
  const bytes = rgb.length * scale * scale;
  const plan = planTiles(width, height, side, side, overlap);
  const stride = width * scale * 3;
  return {
    source: { file: make(`source${number}`, rgb.length, rgb), width, height, channels: 3 },
    result: {
      file: make(`result${number}`, bytes, before === 0 ? null : new Uint8Array(bytes).fill(before)),
      width: width * scale,
      height: height * scale,
      channels: 3,
    },
    tiles: Uint32Array.from(
      plan.flatMap((tile) => {
        const { crop, rect } = coreOf(tile, scale);
        return [tile.x, tile.y, crop.x, crop.y, crop.width, crop.height, rect.x, rect.y];
      }),
    ),
    rowsOf: (index) => {
      const core = plan[index]?.core ?? { x: 0, y: 0, width: 0, height: 0 };
      const rect = { x: core.x * scale, y: core.y * scale, width: core.width * scale, height: core.height * scale };
      return Array.from({ length: rect.height }, (_, row) => {
        const y = rect.y + row;
        const bytes = new Uint8Array(rect.width * 3);
        for (let i = 0; i < bytes.length; i++) {
          const x = Math.floor((rect.x + Math.floor(i / 3)) / scale);
          bytes[i] = rgb[(Math.floor(y / scale) * width + x) * 3 + (i % 3)] as number;
        }
        return { at: headerBytes + y * stride + rect.x * 3, bytes };
      });
    },
  };
}

interface Outcome {
  /** 'done', 'stopped', or the code of the error. */
  end: string;
  /** Indices of tiles, in the order in which they were told. */
  told: number[];
}

async function run(
  job: Job,
  options: { slots?: number; failAt?: number; onFirst?: () => void } = {},
): Promise<Outcome> {
  const { slots = 8, failAt = 0, onFirst } = options;
  const told: number[] = [];
  const onDone = (indices: Uint32Array): void => {
    if (told.length === 0) onFirst?.();
    told.push(...indices);
  };
  const end = await addon.runTiles(job.source, job.result, job.tiles, onDone, side, slots, failAt).catch(codeOf);
  return { end, told };
}

const codeOf = (error: unknown): string => String(Reflect.get(Object(error), 'code'));
const count = (job: Job): number => job.tiles.length / 8;
const sorted = (numbers: number[]): number[] => [...numbers].sort((a, b) => a - b);

/** Finds the tiles in which a pixel is wrong, and those in which a byte is no longer `before`. */
function compare(job: Job, before = 0): { wrong: number[]; touched: number[] } {
  const content = readFileSync(job.result.file);
  const wrong: number[] = [];
  const touched: number[] = [];
  for (let tile = 0; tile < count(job); tile++) {
    const rows = job.rowsOf(tile);
    const isRight = rows.every(({ at, bytes }) => content.subarray(at, at + bytes.length).equals(bytes));
    const isUntouched = rows.every(({ at, bytes }) =>
      content.subarray(at, at + bytes.length).every((b) => b === before),
    );
    if (!isRight) wrong.push(tile);
    if (!isUntouched) touched.push(tile);
  }
  return { wrong, touched };
}

describe('a job', () => {
  test.each([
    ['with one tile under way at a time', 1, 300, 200],
    ['with eight', 8, 300, 200],
    ['with more than there are tiles', 8, 64, 64],
    ['of a picture smaller than a tile', 4, 50, 31],
    // 94 MB: three bands of memory.
    ['of a large picture', 8, 1500, 1300],
  ])('%s gives every pixel, and tells each tile once', async (_, slots, width, height) => {
    const job = makeJob(width, height);
    const { end, told } = await run(job, { slots });
    expect(end).toBe('done');
    expect(sorted(told)).toEqual(Array.from({ length: count(job) }, (__, i) => i));
    expect(compare(job).wrong).toEqual([]);
  });

  test('tells of tiles whose pixels lie there already', async () => {
    const job = makeJob(600, 400);
    const toldEarly: number[] = [];
    const handle = openSync(job.result.file, 'r');
    const content = Buffer.alloc(side * scale * 3);
    await addon.runTiles(
      job.source,
      job.result,
      job.tiles,
      (indices) => {
        for (const tile of indices)
          for (const { at, bytes } of job.rowsOf(tile)) {
            readSync(handle, content, 0, bytes.length, at);
            if (!content.subarray(0, bytes.length).equals(bytes)) toldEarly.push(tile);
          }
      },
      side,
      8,
      0,
    );
    closeSync(handle);
    expect(toldEarly).toEqual([]);
  });

  test('of some tiles leaves what lies beside them', async () => {
    const job = makeJob(300, 200, 200);
    const some = { ...job, tiles: job.tiles.slice(8 * 3, 8 * 6) };
    const { end, told } = await run(some);
    expect({ end, told: sorted(told) }).toEqual({ end: 'done', told: [0, 1, 2] });
    expect(compare(job, 200).touched).toEqual([3, 4, 5]);
  });

  test('of no tiles is done', async () => {
    const job = makeJob(64, 64);
    expect(await run({ ...job, tiles: new Uint32Array() })).toEqual({ end: 'done', told: [] });
  });
});

describe('a job that ends early', () => {
  test('because it was stopped, has told of every tile that it touched', async () => {
    const job = makeJob(900, 700);
    const { end, told } = await run(job, { slots: 2, onFirst: () => addon.stopTiles() });
    expect(end).toBe('stopped');
    expect(told.length).toBeLessThan(count(job));
    const { wrong, touched } = compare(job);
    expect(sorted(told)).toEqual(touched);
    expect(wrong.filter((tile) => told.includes(tile))).toEqual([]);
  });

  test.each([1, 2, 8])(
    'because a run failed, says so and has told of every tile that it touched, %i at once',
    async (slots) => {
      const job = makeJob(600, 400);
      const { end, told } = await run(job, { slots, failAt: 20 });
      expect(end).toBe('RUN_FAILED');
      expect(told.length).toBeGreaterThanOrEqual(19 - slots);
      expect(sorted(told)).toEqual(compare(job).touched);
      expect(compare(job).wrong.filter((tile) => told.includes(tile))).toEqual([]);
    },
  );

  test('because its first run failed, says so', async () => {
    const job = makeJob(600, 400);
    expect(await run(job, { slots: 1, failAt: 1 })).toEqual({ end: 'RUN_FAILED', told: [] });
  });

  // Room for the first of the result's three bands; and for none.
  test.skipIf(!canMount).each(['40m', '2m'])('because a disk of %s is full, says so, and the process lives', (size) => {
    const job = makeJob(1500, 1300);
    const place = join(folder, size);
    mkdirSync(place);
    const result = { ...job.result, file: join(place, 'result') };
    const script = `
      const { openSync, ftruncateSync } = require('node:fs');
      ftruncateSync(openSync(${JSON.stringify(result.file)}, 'w'), ${headerBytes + result.width * result.height * 3});
      const addon = require(${JSON.stringify(tileFaultsFile)});
      addon
        .runTiles(${JSON.stringify(job.source)}, ${JSON.stringify(result)}, Uint32Array.of(${job.tiles.join()}), () => {}, ${side}, 8, 0)
        .then(console.log, (error) => console.log(error.code));`;
    const mount = `mount -t tmpfs -o size=${size} none ${place} && exec ${process.execPath} -`;
    const said = execFileSync('unshare', ['-m', 'sh', '-c', mount], { encoding: 'utf8', input: script });
    expect(said).toBe('FILE_FULL\n');
  });
});

describe('refused, before anything is touched', () => {
  const wrongTile = (number: number, value: number) => (job: Job) => {
    const tiles = job.tiles.slice();
    tiles[8 + number] = value;
    return { ...job, tiles };
  };
  test.each<[string, (job: Job) => Job, string]>([
    ['a tile right of the source', wrongTile(0, 300), 'BAD_ARGUMENT'],
    ['a tile below the source', wrongTile(1, 200), 'BAD_ARGUMENT'],
    ['a core right of the output', wrongTile(2, 256), 'BAD_ARGUMENT'],
    ['a core below the output', wrongTile(3, 2 ** 32 - 1), 'BAD_ARGUMENT'],
    ['a core of no width', wrongTile(4, 0), 'BAD_ARGUMENT'],
    ['a core that is too high', wrongTile(5, 2 ** 32 - 1), 'BAD_ARGUMENT'],
    ['a core that goes right of the result', wrongTile(6, 1200), 'BAD_ARGUMENT'],
    ['a core that goes below the result', wrongTile(7, 2 ** 32 - 1), 'BAD_ARGUMENT'],
    ['seven numbers', (job) => ({ ...job, tiles: job.tiles.slice(0, 7) }), 'BAD_ARGUMENT'],
    ['numbers of another type', (job) => ({ ...job, tiles: [...job.tiles] as unknown as Uint32Array }), 'BAD_ARGUMENT'],
    ['a source of one channel', (job) => ({ ...job, source: { ...job.source, channels: 1 } }), 'BAD_ARGUMENT'],
    ['a result of one channel', (job) => ({ ...job, result: { ...job.result, channels: 1 } }), 'BAD_ARGUMENT'],
    ['no source', (job) => ({ ...job, source: null as unknown as PictureFacts }), 'BAD_ARGUMENT'],
    [
      'a source that is missing',
      (job) => ({ ...job, source: { ...job.source, file: join(folder, 'none') } }),
      'FILE_FAILED',
    ],
    ['a result that is too short', (job) => ({ ...job, result: { ...job.result, height: 900 } }), 'FILE_FAILED'],
    ['a result that is a folder', (job) => ({ ...job, result: { ...job.result, file: folder } }), 'FILE_FAILED'],
  ])('%s', async (_, wrong, code) => {
    const job = makeJob(300, 200);
    expect(await run(wrong(job))).toEqual({ end: code, told: [] });
    expect(compare(job).touched).toEqual([]);
  });

  test('a job that nobody is told of', async () => {
    const job = makeJob(300, 200);
    const call = addon.runTiles(job.source, job.result, job.tiles, 3 as unknown as () => void, side, 8, 0);
    expect(await call.catch(codeOf)).toBe('BAD_ARGUMENT');
  });
});
