import { describe, expect, it } from 'vitest';
import { coreOf, cropImage, cutTile, isCovered, type Picture, planTiles, type Tile } from './tiles';

/** Pixels that differ from all their neighbours. */
function noise(width: number, height: number): Picture {
  const rgb = new Uint8Array(width * height * 3);
  let seed = width * 65_537 + height;
  for (let i = 0; i < rgb.length; i++) {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    rgb[i] = seed >> 16;
  }
  return { width, height, rgb };
}

const at = ({ width, height, rgb }: Picture, x: number, y: number, channel: number): number =>
  rgb[(folded(y, height) * width + folded(x, width)) * 3 + channel] ?? 0;

/** Walks an index back and forth over 0 … length - 1, as between two mirrors. */
function folded(index: number, length: number): number {
  if (length === 1) return 0;
  let i = index;
  while (i < 0 || i >= length) i = i < 0 ? -i : 2 * (length - 1) - i;
  return i;
}

/** Nearest-neighbour enlargement: each output pixel depends on one input pixel. */
function enlarge(input: Picture, scale: number): Picture {
  const [width, height] = [input.width * scale, input.height * scale];
  const rgb = new Uint8Array(width * height * 3);
  for (let y = 0, o = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (let c = 0; c < 3; c++) rgb[o++] = at(input, Math.floor(x / scale), Math.floor(y / scale), c);
  return { width, height, rgb };
}

/** A network that looks `radius` pixels in each direction, corners most of all, and mirrors its input beyond the edge. */
const lookAround =
  (radius: number) =>
  (input: Picture): Picture => {
    const rgb = new Uint8Array(input.rgb.length);
    for (let y = 0, o = 0; y < input.height; y++)
      for (let x = 0; x < input.width; x++)
        for (let c = 0; c < 3; c++) {
          const corners = at(input, x - radius, y - radius, c) * 3 + at(input, x + radius, y + radius, c) * 5;
          const sides = at(input, x + radius, y - radius, c) * 7 + at(input, x - radius, y + radius, c) * 11;
          rgb[o++] = corners + sides + at(input, x, y, c);
        }
    return { ...input, rgb };
  };

/** What the app does with a picture: cut, run, take the cores, lay them side by side. */
function inTiles(
  picture: Picture,
  shape: { width: number; height: number },
  overlap: number,
  scale: number,
  network: (tile: Picture) => Picture,
): Picture {
  const [width, height] = [picture.width * scale, picture.height * scale];
  const whole = new Uint8Array(width * height * 3);
  const input = new Uint8Array(shape.width * shape.height * 3);
  for (const tile of planTiles(picture.width, picture.height, shape.width, shape.height, overlap)) {
    cutTile(picture, tile, shape.width, shape.height, input);
    const output = network({ ...shape, rgb: input });
    const { crop, rect } = coreOf(tile, scale);
    const rgb = new Uint8Array(rect.width * rect.height * 3);
    cropImage(output.rgb, output.width, crop, rgb);
    for (let row = 0; row < rect.height; row++)
      whole.set(rgb.subarray(row * rect.width * 3, (row + 1) * rect.width * 3), ((rect.y + row) * width + rect.x) * 3);
  }
  return { width, height, rgb: whole };
}

/** `toEqual` takes a second for what this takes a millisecond. */
const isSame = (a: Picture, b: Picture): boolean =>
  a.width === b.width && a.height === b.height && Buffer.compare(a.rgb, b.rgb) === 0;

const [tileWidth, tileHeight, overlap] = [32, 24, 5];
const sides = [1, 2, 5, 14, 22, 23, 24, 25, 27, 31, 32, 33, 37, 41, 46, 53, 54, 55, 64, 76, 96, 97, 101, 127];
const sizes = sides.flatMap((width) => sides.map((height) => [width, height] as const));
const plans = sizes.map(([width, height]) => ({
  width,
  height,
  tiles: planTiles(width, height, tileWidth, tileHeight, overlap),
}));

describe('planTiles, over many sizes', () => {
  it('covers every pixel with exactly one core', () => {
    for (const { width, height, tiles } of plans) {
      const covered = new Uint8Array(width * height);
      for (const { core } of tiles)
        for (let y = core.y; y < core.y + core.height; y++)
          for (let x = core.x; x < core.x + core.width; x++) covered[y * width + x] = (covered[y * width + x] ?? 0) + 1;
      expect(
        covered.every((times) => times === 1),
        `${width} × ${height}`,
      ).toBe(true);
      expect(tiles.reduce((area, { core }) => area + core.width * core.height, 0)).toBe(width * height);
    }
  });

  it('lays every tile inside the picture where the picture is large enough', () => {
    for (const { width, height, tiles } of plans)
      for (const { x, y } of tiles) {
        expect(x >= 0 && (width >= tileWidth ? x + tileWidth <= width : x === 0), `${width} wide at ${x}`).toBe(true);
        expect(y >= 0 && (height >= tileHeight ? y + tileHeight <= height : y === 0), `${height} high at ${y}`).toBe(
          true,
        );
      }
  });

  it('leaves the whole overlap as context on every inner side of a core', () => {
    const context = ({ x, y, core }: Tile, width: number, height: number) => [
      core.x === 0 ? overlap : core.x - x,
      core.y === 0 ? overlap : core.y - y,
      core.x + core.width === width ? overlap : x + tileWidth - core.x - core.width,
      core.y + core.height === height ? overlap : y + tileHeight - core.y - core.height,
    ];
    for (const { width, height, tiles } of plans)
      for (const tile of tiles)
        expect(Math.min(...context(tile, width, height)), `${width} × ${height}`).toBeGreaterThanOrEqual(overlap);
  });

  it('makes no core empty', () => {
    for (const { tiles } of plans) expect(tiles.every(({ core }) => core.width > 0 && core.height > 0)).toBe(true);
  });

  it('uses no more tiles than the picture needs', () => {
    const needed = (length: number, tile: number) =>
      length <= tile ? 1 : 1 + Math.ceil((length - tile) / (tile - 2 * overlap));
    for (const { width, height, tiles } of plans)
      expect(tiles.length, `${width} × ${height}`).toBe(needed(width, tileWidth) * needed(height, tileHeight));
  });
});

describe('planTiles', () => {
  it('uses one tile for a picture that fits', () => {
    expect(planTiles(32, 24, 32, 24, 5)).toEqual([{ x: 0, y: 0, core: { x: 0, y: 0, width: 32, height: 24 } }]);
  });

  it('goes row by row from the top left', () => {
    const order = planTiles(60, 50, 32, 24, 5).map(({ core }) => core.y * 1000 + core.x);
    expect(order).toEqual([...order].sort((a, b) => a - b));
  });

  it('pushes the last tile back inside and gives it only what is left', () => {
    expect(planTiles(33, 24, 32, 24, 5)).toEqual([
      { x: 0, y: 0, core: { x: 0, y: 0, width: 27, height: 24 } },
      { x: 1, y: 0, core: { x: 27, y: 0, width: 6, height: 24 } },
    ]);
  });

  it.each([10, 9])('refuses a tile of %i with an overlap of 5: nothing would be left of it', (tile) => {
    expect(() => planTiles(100, 100, tile, 32, 5)).toThrow(RangeError);
    expect(() => planTiles(100, 100, 32, tile, 5)).toThrow(RangeError);
  });
});

describe('cutTile', () => {
  const picture: Picture = {
    width: 2,
    height: 2,
    rgb: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12),
  };
  const [a, b, c, d] = [
    [1, 2, 3],
    [4, 5, 6],
    [7, 8, 9],
    [10, 11, 12],
  ];

  it('mirrors the picture beyond its last column and row', () => {
    const out = new Uint8Array(4 * 3 * 3);
    const [tile] = planTiles(2, 2, 4, 3, 1);
    if (!tile) throw new Error('Expected a tile but received none');
    cutTile(picture, tile, 4, 3, out);
    expect([...out]).toEqual([a, b, a, b, c, d, c, d, a, b, a, b].flat());
  });

  it('fills every byte of a buffer that an earlier tile has used', () => {
    const fresh = new Uint8Array(4 * 3 * 3);
    const used = new Uint8Array(4 * 3 * 3).fill(200);
    const tile = { x: 0, y: 0, core: { x: 0, y: 0, width: 2, height: 2 } };
    cutTile(picture, tile, 4, 3, fresh);
    cutTile(picture, tile, 4, 3, used);
    expect(used).toEqual(fresh);
  });
});

describe('a picture taken apart and put together again', () => {
  const some = [
    [1, 1],
    [7, 3],
    [27, 19],
    [32, 24],
    [33, 25],
    [32, 97],
    [97, 10],
    [101, 53],
  ] as const;

  it.each(some.flatMap(([width, height]) => [1, 2, 4].map((scale) => [width, height, scale] as const)))(
    '%i × %i through a nearest-neighbour ×%i is its exact enlargement',
    (width, height, scale) => {
      const picture = noise(width, height);
      const tiled = inTiles(picture, { width: tileWidth, height: tileHeight }, overlap, scale, (t) =>
        enlarge(t, scale),
      );
      expect(isSame(tiled, enlarge(picture, scale))).toBe(true);
    },
  );

  it.each(some)('%i × %i shows no seam where the network looks as far as the overlap', (width, height) => {
    const picture = noise(width, height);
    const tiled = inTiles(picture, { width: tileWidth, height: tileHeight }, overlap, 1, lookAround(overlap));
    expect(isSame(tiled, lookAround(overlap)(picture))).toBe(true);
  });

  it('shows a seam where the network looks one pixel further (so the test above can fail)', () => {
    const picture = noise(101, 53);
    const tiled = inTiles(picture, { width: tileWidth, height: tileHeight }, overlap, 1, lookAround(overlap + 1));
    expect(isSame(tiled, lookAround(overlap + 1)(picture))).toBe(false);
  });
});

describe('isCovered', () => {
  const rect = (x: number, y: number, width: number, height: number) => ({ x, y, width, height });

  it('is true of a part that others make up together, however they overlap', () => {
    expect(isCovered(rect(2, 2, 6, 6), [rect(0, 0, 5, 10), rect(4, 0, 6, 5), rect(5, 4, 9, 9)])).toBe(true);
  });

  it('is false where a pixel is missing', () => {
    expect(isCovered(rect(0, 0, 3, 3), [rect(0, 0, 3, 2), rect(0, 2, 2, 1)])).toBe(false);
    expect(isCovered(rect(0, 0, 1, 1), [])).toBe(false);
  });

  it('is what painting the parts would show', () => {
    let seed = 1;
    const random = (below: number): number => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed % below;
    };
    let covered = 0;
    for (let round = 0; round < 2000; round++) {
      const some = () => rect(random(8), random(8), 1 + random(5), 1 + random(5));
      const part = some();
      const others = Array.from({ length: random(12) }, some);
      let all = true;
      for (let y = part.y; y < part.y + part.height; y++)
        for (let x = part.x; x < part.x + part.width; x++)
          all &&= others.some((o) => x >= o.x && x < o.x + o.width && y >= o.y && y < o.y + o.height);
      expect(isCovered(part, others)).toBe(all);
      covered += all ? 1 : 0;
    }
    expect(covered).toBeGreaterThan(100);
  });
});
