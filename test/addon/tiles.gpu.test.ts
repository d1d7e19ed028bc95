/** Session.runTiles on a GPU, with a network whose right answer is known exactly. What ships runs in test/gpu/tiles.gpu.test.ts. */
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  ftruncateSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { coreOf, cutTile, planTiles } from '../../app/tiles';
import { devAddonFile, devLibraryDir, loadAddon } from '../../native/addon';
import type { Session } from '../../native/binding';
import type { PictureFacts } from '../../native/pixels';
import { expectedPixels, type TinyNetwork, tinyOnnx } from '../tinyOnnx';

const root = join(import.meta.dirname, '..', '..');
const addonFile = join(root, devAddonFile);
const addon = loadAddon(addonFile);
const network: TinyNetwork = { factor: 0.5, offset: 10 };
const [tileHeight, tileWidth, overlap] = [64, 48, 4];
const headerBytes = 64;

const folder = mkdtempSync(join(tmpdir(), 'refit-gpu-tiles-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let plan: Uint8Array;
beforeAll(() => {
  const libraries = join(root, devLibraryDir);
  addon.probe(libraries);
  writeFileSync(join(folder, 'onnx'), tinyOnnx(network));
  // The library allows one build a process.
  const script = `
    const { readFileSync, writeFileSync } = require('node:fs');
    const addon = require(${JSON.stringify(addonFile)});
    addon.probe(${JSON.stringify(libraries)});
    const options = { strip: false, refit: 'none', computeCapabilities: [], shape: [${tileHeight}, ${tileWidth}] };
    addon.buildEngine(new Uint8Array(readFileSync('onnx')), options).then((plan) => writeFileSync('plan', plan));`;
  execFileSync(process.execPath, ['-e', script], { cwd: folder, stdio: 'inherit' });
  plan = new Uint8Array(readFileSync(join(folder, 'plan')));
});

let session: Session;
afterEach(() => session?.close());

let made = 0;
/** Even levels, so that halves leave nothing to round. */
function makeJob(width: number, height: number) {
  const rgb = Uint8Array.from({ length: width * height * 3 }, (_, i) => ((i * 7 + (i >> 9)) % 64) * 4);
  const make = (content: Uint8Array | null): PictureFacts => {
    const file = join(folder, `picture${made++}`);
    const handle = openSync(file, 'w');
    ftruncateSync(handle, headerBytes + rgb.length);
    if (content) writeSync(handle, content, 0, content.length, headerBytes);
    closeSync(handle);
    return { file, width, height, channels: 3 };
  };
  const places = planTiles(width, height, tileWidth, tileHeight, overlap);
  const tiles = Uint32Array.from(
    places.flatMap((tile) => {
      const { crop, rect } = coreOf(tile, 1);
      return [tile.x, tile.y, crop.x, crop.y, crop.width, crop.height, rect.x, rect.y];
    }),
  );
  /** The result, tile after tile, by `expectedPixels`: those that `told` names, black elsewhere. */
  const expected = (told: readonly number[]): Uint8Array => {
    const out = new Uint8Array(rgb.length);
    const input = new Uint8Array(tileWidth * tileHeight * 3);
    for (const index of told) {
      const tile = places[index];
      if (!tile) throw new Error(`There is no tile ${index}`);
      cutTile({ width, height, rgb }, tile, tileWidth, tileHeight, input);
      const output = expectedPixels(input, network);
      const { crop, rect } = coreOf(tile, 1);
      for (let row = 0; row < rect.height; row++) {
        const from = ((crop.y + row) * tileWidth + crop.x) * 3;
        out.set(output.subarray(from, from + rect.width * 3), ((rect.y + row) * width + rect.x) * 3);
      }
    }
    return out;
  };
  const [source, result] = [make(rgb), make(null)];
  const pixels = (): Uint8Array => new Uint8Array(readFileSync(result.file).subarray(headerBytes));
  return { source, result, tiles, expected, pixels };
}

const codeOf = (error: unknown): unknown => Reflect.get(Object(error), 'code');

describe.each([false, true])('tiles (CUDA graph: %s)', (cudaGraph) => {
  test.each([
    [48, 64],
    [30, 20],
    [600, 500],
  ])('of a picture of %i × %i give every pixel, and each is told once', async (width, height) => {
    session = await addon.openSession(plan, { cudaGraph });
    const job = makeJob(width, height);
    const told: number[] = [];
    const end = await session.runTiles(job.source, job.result, job.tiles, (indices) => told.push(...indices));
    expect(end).toBe('done');
    const all = Array.from({ length: job.tiles.length / 8 }, (_, i) => i);
    expect([...told].sort((a, b) => a - b)).toEqual(all);
    expect(Buffer.compare(job.pixels(), job.expected(all))).toBe(0);
  });

  test('and single runs take turns', async () => {
    session = await addon.openSession(plan, { cudaGraph });
    const job = makeJob(300, 300);
    const input = Uint8Array.from({ length: tileWidth * tileHeight * 3 }, (_, i) => (i % 50) * 4);
    const output = new Uint8Array(input.length);
    const calls = [
      session.run([input], [output]),
      session.runTiles(job.source, job.result, job.tiles, () => {}),
      session.run([input], [output]),
      session.measure(5),
    ];
    await Promise.all(calls);
    expect(output).toEqual(expectedPixels(input, network));
    const all = Array.from({ length: job.tiles.length / 8 }, (_, i) => i);
    expect(Buffer.compare(job.pixels(), job.expected(all))).toBe(0);
  });
});

describe('tiles that end early', () => {
  test.each([
    ['stopTiles', () => session.stopTiles()],
    ['close', () => void session.close()],
  ])('by %s are told, and no other is touched', async (_, end) => {
    session = await addon.openSession(plan);
    const job = makeJob(2400, 2000);
    const told: number[] = [];
    const ended = await session.runTiles(job.source, job.result, job.tiles, (indices) => {
      if (told.length === 0) end();
      told.push(...indices);
    });
    expect(ended).toBe('stopped');
    expect(told.length).toBeLessThan(job.tiles.length / 8);
    expect(Buffer.compare(job.pixels(), job.expected(told))).toBe(0);
  });

  test('leave a session that runs the rest', async () => {
    session = await addon.openSession(plan);
    const job = makeJob(2400, 2000);
    const told: number[] = [];
    const tell = (indices: Uint32Array) => told.push(...indices);
    const first = session.runTiles(job.source, job.result, job.tiles, tell);
    session.stopTiles();
    expect(await first).toBe('stopped');
    expect(await session.runTiles(job.source, job.result, job.tiles, () => {})).toBe('done');
    const all = Array.from({ length: job.tiles.length / 8 }, (_, i) => i);
    expect(Buffer.compare(job.pixels(), job.expected(all))).toBe(0);
  });
});

test('wrong facts are refused, and the session runs on', async () => {
  session = await addon.openSession(plan);
  const { source, result, tiles, pixels, expected } = makeJob(100, 100);
  const tell = (): void => {};
  for (const [call, code] of [
    [() => session.runTiles({ ...source, channels: 1 }, result, tiles, tell), 'BAD_ARGUMENT'],
    [() => session.runTiles(source, { ...result, width: 99 }, tiles, tell), 'BAD_ARGUMENT'],
    [() => session.runTiles(source, { ...result, height: 101 }, tiles, tell), 'FILE_FAILED'],
    [() => session.runTiles({ ...source, file: join(folder, 'none') }, result, tiles, tell), 'FILE_FAILED'],
  ] as const)
    expect(await call().catch(codeOf)).toBe(code);
  expect(Buffer.compare(pixels(), expected([]))).toBe(0);
  expect(await session.runTiles(source, result, tiles, tell)).toBe('done');
});

test('a closed session runs no tiles', async () => {
  session = await addon.openSession(plan);
  const job = makeJob(100, 100);
  await session.close();
  expect(await session.runTiles(job.source, job.result, job.tiles, () => {}).catch(codeOf)).toBe('SESSION_CLOSED');
  session.stopTiles();
});
