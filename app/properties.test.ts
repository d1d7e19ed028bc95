/** What holds of every picture, file and message, not only of those that somebody thought of. */

import { describe, expect, test } from 'vitest';
import { fc } from '../test/properties';
import { parseCatalog, parseModelCard } from './catalog';
import { type Channel, commands } from './contract';
import { AppError } from './errors';
import { compareGolden } from './golden';
import { readHeader } from './pictureHeader';
import { isWhole } from './pictureWhole';
import { initialState, type Job, next } from './states';
import { coreOf, cropImage, cutTile, planTiles } from './tiles';
import { isWithinLimits } from './withinLimits';

const side = fc.integer({ min: 1, max: 100 });
const shape = fc
  .record({
    width: side,
    height: side,
    overlap: fc.integer({ min: 0, max: 24 }),
    more: fc.integer({ min: 1, max: 80 }),
  })
  .map(({ more, ...rest }) => ({ ...rest, tile: 2 * rest.overlap + more }));

describe('tiles', () => {
  test('cores cover every picture once and lie inside of their tiles', () => {
    fc.assert(
      fc.property(shape, ({ width, height, tile, overlap }) => {
        const covered = new Uint8Array(width * height);
        for (const { x, y, core } of planTiles(width, height, tile, tile, overlap)) {
          expect(core.x >= x && core.y >= y).toBe(true);
          expect(core.x + core.width <= x + tile && core.y + core.height <= y + tile).toBe(true);
          for (let row = core.y; row < core.y + core.height; row++)
            for (let column = core.x; column < core.x + core.width; column++) {
              const at = row * width + column;
              covered[at] = (covered[at] ?? 0) + 1;
            }
        }
        expect(covered.every((times) => times === 1)).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  test('a picture cut and put together again is the picture, at every scale', () => {
    fc.assert(
      fc.property(shape, fc.integer({ min: 1, max: 3 }), ({ width, height, tile, overlap }, scale) => {
        const rgb = Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * 31) % 251);
        const whole = new Uint8Array(width * height * 3 * scale * scale);
        const pixels = new Uint8Array(tile * tile * 3);
        for (const each of planTiles(width, height, tile, tile, overlap)) {
          cutTile({ width, height, rgb }, each, tile, tile, pixels);
          const enlarged = repeat(pixels, tile, scale);
          const { crop, rect } = coreOf(each, scale);
          const part = new Uint8Array(rect.width * rect.height * 3);
          cropImage(enlarged, tile * scale, crop, part);
          for (let row = 0; row < rect.height; row++)
            whole.set(
              part.subarray(row * rect.width * 3, (row + 1) * rect.width * 3),
              ((rect.y + row) * width * scale + rect.x) * 3,
            );
        }
        expect(Buffer.compare(whole, repeat(rgb, width, scale))).toBe(0);
      }),
      { numRuns: 60 },
    );
  });
});

/** Each pixel `scale` × `scale` times. */
function repeat(rgb: Uint8Array, width: number, scale: number): Uint8Array {
  const height = rgb.length / 3 / width;
  const out = new Uint8Array(rgb.length * scale * scale);
  for (let y = 0; y < height * scale; y++)
    for (let x = 0; x < width * scale; x++) {
      const from = (Math.floor(y / scale) * width + Math.floor(x / scale)) * 3;
      out.set(rgb.subarray(from, from + 3), (y * width * scale + x) * 3);
    }
  return out;
}

describe('files', () => {
  test.each([
    ['a card', parseModelCard, 'CARD_UNREADABLE'],
    ['a catalog', parseCatalog, 'CATALOG_UNREADABLE'],
  ] as const)('any JSON is %s or an error that says so, in few words', (_, parse, code) => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), (text) => {
        try {
          parse(text, 'file.json');
        } catch (error) {
          if (!(error instanceof AppError)) throw error;
          expect(error.code).toBe(code);
          expect(error.detail.length).toBeLessThanOrEqual(5000);
        }
      }),
      { numRuns: 1000 },
    );
  });

  test('any bytes behind a known beginning are a picture with a size, or none', () => {
    const beginnings = [
      [0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10],
      [0xff, 0xd8, 0xff],
      [0xff, 0xd8, 0xff, 0xe0, 0, 4, 0, 0],
    ];
    fc.assert(
      fc.property(fc.constantFrom(...beginnings), fc.uint8Array({ maxLength: 400 }), (beginning, rest) => {
        const bytes = Uint8Array.from([...beginning, ...rest]);
        const header = readHeader(bytes);
        if (!header) return;
        expect(header.width > 0 && header.height > 0).toBe(true);
        expect(typeof isWhole(header.type, bytes)).toBe('boolean');
      }),
      { numRuns: 2000 },
    );
  });

  test('the golden check passes nothing that is further off than its bound, nor what it cannot read', () => {
    const output = { name: 'o', dtype: 'uint8', elements: 64, stride: 7, file: 'f', sha256: 'a'.repeat(64) } as const;
    const bound = { name: 'o', dtype: 'uint8', maxAbsError: 2 } as const;
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), fc.uint8Array({ maxLength: 12 }), (actual, reference) => {
        const { passed } = compareGolden([output], [bound], [actual], [reference]);
        const isReadable = actual.length === 64 && reference.length === 10;
        const isNear = reference.every((want, i) => Math.abs((actual[i * 7] ?? 999) - want) <= 2);
        expect(passed).toBe(isReadable && isNear);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('messages', () => {
  const channels = Object.keys(commands) as Channel[];
  const anything = fc.anything({
    withBigInt: true,
    withDate: true,
    withMap: true,
    withSet: true,
    withTypedArray: true,
  });

  test('anything at all is parsed or refused by every command, and nothing is added to it', () => {
    fc.assert(
      fc.property(fc.constantFrom(...channels), anything, (channel, value) => {
        if (!isWithinLimits(value, 1000)) return;
        const parsed = commands[channel].safeParse(value);
        if (parsed.success && parsed.data !== undefined)
          expect(Object.keys(parsed.data).sort()).toEqual(Object.keys(value as object).sort());
      }),
      { numRuns: 5000 },
    );
  });

  test('a picture is taken only with as many bytes as it has pixels', () => {
    const side = fc.integer({ min: -2, max: 30 });
    const shape = fc.tuple(side, side).chain(([width, height]) =>
      // Of numbers at random hardly any would be the right one.
      fc.oneof(fc.constant(Math.max(0, width * height * 3)), fc.nat(3000)).map((bytes) => ({ width, height, bytes })),
    );
    fc.assert(
      fc.property(shape, ({ width, height, bytes }) => {
        const pictures = [{ width, height, rgb: new Uint8Array(bytes) }];
        const parts = { jobId: 1, model: 'a', done: 0, total: 1, pictures };
        const taken = commands['job:parts'].safeParse(parts).success;
        expect(taken).toBe(width > 0 && height > 0 && bytes === width * height * 3);
      }),
      { numRuns: 1000 },
    );
  });
});

test('whatever is said of jobs, an ended one stays as it ended and ids only grow', () => {
  const job = fc
    .record({ id: fc.nat(5), kind: fc.constantFrom('running', 'done', 'cancelled', 'failed'), done: fc.nat(3) })
    .map((each) => ({ ...each, model: 'm', device: 'cpu', total: 3 }) as unknown as Extract<Job, { id: number }>);
  fc.assert(
    fc.property(fc.array(job, { maxLength: 20 }), (jobs) => {
      let state = initialState;
      for (const each of jobs) {
        const before = state.job;
        state = next(state, { kind: 'job', job: each });
        if (before.kind === 'idle' || state.job.kind === 'idle') continue;
        expect(state.job.id).toBeGreaterThanOrEqual(before.id);
        if (before.kind !== 'running' && state.job.id === before.id) expect(state.job).toBe(before);
      }
    }),
    { numRuns: 1000 },
  );
});
