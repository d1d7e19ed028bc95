import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Arguments, Outcome, View } from '../../app/contract';
import { AppError } from '../../app/errors';
import type { Rect } from '../../app/tiles';
import { LayerTiles, levelFor, tileSide } from './layerTiles';

type Asked = Arguments<'view'>;
/** Stands for the window's canvas as far as tiles need it, and keeps what was drawn onto it. */
class Canvas {
  readonly put: { x: number; y: number; width: number; height: number; dirty: number[] }[] = [];
  constructor(
    readonly width: number,
    readonly height: number,
  ) {}
  getContext = () => ({
    putImageData: ({ width, height }: ImageData, x: number, y: number, ...dirty: number[]) =>
      this.put.push({ x, y, width, height, dirty }),
  });
}

let asked: Asked[];
let answers: ((answer: Outcome<View>) => void)[];
let there: Rect[] | null;
let drawn: { canvas: Canvas; from: number[]; to: number[] }[];
let redraws: number;

beforeEach(() => {
  [asked, answers, drawn, there, redraws] = [[], [], [], null, 0];
  vi.stubGlobal('OffscreenCanvas', Canvas);
  vi.stubGlobal(
    'ImageData',
    class {
      constructor(
        readonly data: Uint8ClampedArray,
        readonly width: number,
        readonly height: number,
      ) {
        expect(data.length).toBe(width * height * 4);
      }
    },
  );
  vi.stubGlobal('window', {
    refit: {
      view: (wanted: Asked) => {
        asked.push(wanted);
        return new Promise<Outcome<View>>((resolve) => answers.push(resolve));
      },
    },
  });
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

const layer = (width: number, height: number) =>
  new LayerTiles({ layer: 'result', id: 7, width, height, displayP3: false }, () => {
    redraws += 1;
  });

/** Draws on a canvas of 1000 × 800. */
function draw(tiles: LayerTiles, scale: number, left = 0, top = 0): void {
  drawn = [];
  const context = {
    canvas: { width: 1000, height: 800 },
    clearRect: () => {},
    drawImage: (canvas: Canvas, ...at: number[]) => drawn.push({ canvas, from: at.slice(0, 4), to: at.slice(4) }),
  } as unknown as CanvasRenderingContext2D;
  tiles.draw(context, { left, top, scale });
}

/** Answers every request, and those that follow, until the tiles ask for no more drawing. */
async function settle(tiles: LayerTiles, scale: number, left = 0, top = 0): Promise<void> {
  for (let at = 0; ; at++) {
    const answer = answers[at];
    const wanted = asked[at];
    if (!answer || !wanted) return draw(tiles, scale, left, top);
    const bytes = new Uint8Array(wanted.width * wanted.height * 3);
    answer({ ok: true, value: { bytes, channels: 3, there } });
    await new Promise((resolve) => setImmediate(resolve));
    draw(tiles, scale, left, top);
  }
}

const parts = () => asked.map(({ region, width, height }) => ({ region, width, height }));

test.each([
  [2, 0],
  [1, 0],
  [0.7, 0],
  [0.5, 1],
  [0.3, 1],
  [0.25, 2],
  [1 / 64, 6],
])('at %d canvas pixels a pixel a layer is halved %i times: never coarser than it is shown', (scale, level) => {
  expect(levelFor(scale)).toBe(level);
});

describe('what is asked', () => {
  test('is what the canvas shows, cut off at the edge of the layer', async () => {
    const tiles = layer(700, 600);
    draw(tiles, 1);
    await settle(tiles, 1);
    expect(parts()).toEqual([
      { region: { x: 0, y: 0, width: 512, height: 512 }, width: 512, height: 512 },
      { region: { x: 512, y: 0, width: 188, height: 512 }, width: 188, height: 512 },
      { region: { x: 0, y: 512, width: 512, height: 88 }, width: 512, height: 88 },
      { region: { x: 512, y: 512, width: 188, height: 88 }, width: 188, height: 88 },
    ]);
    expect(asked.every((wanted) => wanted.layer === 'result' && wanted.id === 7)).toBe(true);
  });

  test('is a large layer at the scale of the screen, not its pixels', async () => {
    const tiles = layer(16_384, 13_107);
    draw(tiles, 1 / 16.4);
    await settle(tiles, 1 / 16.4);
    expect(asked.reduce((sum, { width, height }) => sum + width * height, 0)).toBeLessThan(1024 * 1024 + 1);
    expect(parts()[0]).toEqual({ region: { x: 0, y: 0, width: 8192, height: 8192 }, width: 512, height: 512 });
  });

  test('is nothing of what lies outside of the canvas', async () => {
    const tiles = layer(10_000, 10_000);
    draw(tiles, 1, -5000, -5000);
    await settle(tiles, 1, -5000, -5000);
    for (const { region } of asked) {
      expect(region.x + region.width).toBeGreaterThan(5000);
      expect(region.x).toBeLessThanOrEqual(6000);
      expect(region.y + region.height).toBeGreaterThan(5000);
      expect(region.y).toBeLessThanOrEqual(5800);
    }
  });

  test('is asked once, and some at a time', async () => {
    const tiles = layer(4096, 4096);
    draw(tiles, 1);
    draw(tiles, 1);
    expect(asked).toHaveLength(4);
    await settle(tiles, 1);
    const places = parts().map(({ region }) => `${region.x} ${region.y}`);
    expect(new Set(places).size).toBe(places.length);
    expect(places).toHaveLength(4);
  });

  test('comes to be seen', async () => {
    const tiles = layer(512, 512);
    draw(tiles, 1);
    expect(drawn).toEqual([]);
    await settle(tiles, 1);
    expect(drawn).toMatchObject([{ from: [0, 0, 512, 512], to: [0, 0, 512, 512] }]);
    expect(redraws).toBeGreaterThan(0);
  });
});

test('a coarser tile stands in for one that has not come', async () => {
  const tiles = layer(1024, 1024);
  draw(tiles, 0.5);
  await settle(tiles, 0.5);
  draw(tiles, 1);
  expect(drawn[0]).toMatchObject({ from: [0, 0, 256, 256], to: [0, 0, 512, 512] });
});

test('edges of tiles meet on whole pixels of the canvas', async () => {
  const tiles = layer(1024, 512);
  await settle(tiles, 0.77, 0.4);
  draw(tiles, 0.77, 0.4);
  await settle(tiles, 0.77, 0.4);
  const [one, other] = drawn.map(({ to }) => to);
  expect((one?.[0] ?? 0) + (one?.[2] ?? 0)).toBe(other?.[0]);
  expect(drawn.flatMap(({ to }) => to).every(Number.isInteger)).toBe(true);
});

describe('after a change', () => {
  test('only what has changed is asked anew, and put where it belongs', async () => {
    const tiles = layer(1024, 512);
    draw(tiles, 1);
    await settle(tiles, 1);
    asked.length = answers.length = 0;
    tiles.changed([{ x: 600, y: 100, width: 32, height: 16 }]);
    draw(tiles, 1);
    await settle(tiles, 1);
    expect(parts()).toEqual([{ region: { x: 600, y: 100, width: 32, height: 16 }, width: 32, height: 16 }]);
    expect(drawn[1]?.canvas.put.at(-1)).toMatchObject({ x: 88, y: 100, width: 32, height: 16 });
  });

  test('of a shrunken layer whole pixels are asked', async () => {
    const tiles = layer(2048, 2048);
    draw(tiles, 0.25);
    await settle(tiles, 0.25);
    asked.length = answers.length = 0;
    tiles.changed([{ x: 5, y: 9, width: 10, height: 2 }]);
    draw(tiles, 0.25);
    await settle(tiles, 0.25);
    expect(parts()).toEqual([{ region: { x: 4, y: 8, width: 12, height: 4 }, width: 3, height: 1 }]);
  });

  test('several changes of a tile are asked in one', async () => {
    const tiles = layer(512, 512);
    draw(tiles, 1);
    await settle(tiles, 1);
    asked.length = answers.length = 0;
    tiles.changed([
      { x: 0, y: 0, width: 8, height: 8 },
      { x: 24, y: 8, width: 8, height: 8 },
    ]);
    draw(tiles, 1);
    await settle(tiles, 1);
    expect(parts()).toEqual([{ region: { x: 0, y: 0, width: 32, height: 16 }, width: 32, height: 16 }]);
  });

  test('a change that comes while a tile is asked is asked after it', async () => {
    const tiles = layer(512, 512);
    draw(tiles, 1);
    tiles.changed([{ x: 0, y: 0, width: 8, height: 8 }]);
    draw(tiles, 1);
    expect(asked).toHaveLength(1);
    await settle(tiles, 1);
    expect(parts()[1]).toEqual({ region: { x: 0, y: 0, width: 8, height: 8 }, width: 8, height: 8 });
  });

  test('what is not there yet of a growing result is left as it is', async () => {
    const tiles = layer(512, 512);
    there = [{ x: 0, y: 0, width: 100, height: 50 }];
    draw(tiles, 1);
    await settle(tiles, 1);
    expect(drawn[0]?.canvas.put).toMatchObject([{ dirty: [0, 0, 100, 50] }]);
  });
});

test('keeps of what is not seen any more only so much', async () => {
  const tiles = layer(60_000, 512);
  for (let left = 0; left > -59_000; left -= 1000) {
    draw(tiles, 1, left);
    await settle(tiles, 1, left);
  }
  const first = asked.length;
  draw(tiles, 1, 0);
  await settle(tiles, 1, 0);
  expect(asked.length).toBeGreaterThan(first);
  const again = asked.length;
  draw(tiles, 1, -58_000);
  await settle(tiles, 1, -58_000);
  expect(asked.length).toBe(again);
  expect(tileSide).toBe(512);
});

describe('a view that is refused', () => {
  const refuse = async (error: AppError) => {
    answers.at(-1)?.({ ok: false, error: error.toReport() });
    await vi.advanceTimersByTimeAsync(0);
  };

  test('for want of a host is asked again a little later', async () => {
    vi.useFakeTimers();
    const tiles = layer(512, 512);
    draw(tiles, 1);
    await refuse(new AppError('HOST_DIED', {}));
    await vi.advanceTimersByTimeAsync(2000);
    expect(redraws).toBe(1);
    draw(tiles, 1);
    expect(asked).toHaveLength(2);
  });

  test('because its picture is gone is not asked again', async () => {
    vi.useFakeTimers();
    const tiles = layer(512, 512);
    draw(tiles, 1);
    await refuse(new AppError('BAD_MESSAGE', { channel: 'view' }));
    await vi.advanceTimersByTimeAsync(10_000);
    draw(tiles, 1);
    expect(asked).toHaveLength(1);
  });
});

test('asks and draws nothing once it is closed', async () => {
  const tiles = layer(512, 512);
  draw(tiles, 1);
  tiles.close();
  answers[0]?.({ ok: true, value: { bytes: new Uint8Array(512 * 512 * 3), channels: 3, there: null } });
  await new Promise((resolve) => setImmediate(resolve));
  expect(redraws).toBe(0);
});
