import { describe, expect, test } from 'vitest';
import { changedBy, wholeCut } from '../../app/cut';
import type { Cut, Stroke } from '../../app/toolAnswer';
import { closePictures, fileOf, pixels, pixelsOf } from '../../main/pictures/picture.fixture';
import { fc } from '../../test/properties';
import { type CutOut, cutOut } from './cutOut';
import { Maps } from './layers';

closePictures();

const [width, height] = [60, 40];
const rgb = Uint8Array.from({ length: width * height * 3 }, (_, i) => ((i * 2654435761) >>> 24) ^ (i >> 3));

const mask = { width: 6, height: 4, bytes: Uint8Array.from({ length: 24 }, (_, i) => [0, 60, 200, 255][i % 4] ?? 0) };

interface Wanted {
  cut?: Cut;
  colours?: Uint8Array;
  own?: Uint8Array;
  size?: { width: number; height: number };
  mask?: CutOut['mask'];
  before?: { made: Made['facts']; region: NonNullable<CutOut['before']>['region'] };
}
type Made = Awaited<ReturnType<typeof made>>;

async function made({ cut = wholeCut, colours = rgb, own, size = { width, height }, mask: by = mask, before }: Wanted) {
  const picture = (await fileOf(size.width, size.height, colours)).facts;
  const source = { picture, ...(own && { alpha: (await fileOf(size.width, size.height, own)).facts }) };
  const facts = {
    picture: (await fileOf(size.width, size.height, 3)).facts,
    ...(cut.ground.kind === 'transparent' && { alpha: (await fileOf(size.width, size.height, 1)).facts }),
  };
  await cutOut(new Maps(pixels), {
    source,
    mask: by,
    cut,
    made: facts,
    ...(before && { before: { layer: before.made, region: before.region } }),
  });
  return {
    facts,
    rgb: await pixelsOf(facts.picture),
    alpha: facts.alpha ? await pixelsOf(facts.alpha) : new Uint8Array(),
  };
}

const anyGround = fc.constantFrom<Cut['ground']>(
  { kind: 'transparent' },
  { kind: 'colour', colour: '#3060c0' },
  { kind: 'blur' },
);
const anyStroke: fc.Arbitrary<Stroke> = fc.record({
  keep: fc.boolean(),
  radius: fc.double({ min: 0.25, max: 30, noNaN: true }),
  points: fc
    .array(fc.tuple(fc.double({ min: -40, max: 100, noNaN: true }), fc.double({ min: -40, max: 80, noNaN: true })), {
      minLength: 1,
      maxLength: 4,
    })
    .map((points) => points.flat()),
});
const anyStrokes = fc.array(anyStroke, { maxLength: 3 });
const anyOwn = fc.constantFrom(
  undefined,
  Uint8Array.from({ length: width * height }, (_, i) => (i * 7) % 256),
);

test('after any strokes more or less, the part that changes is made as all of it would be', async () => {
  await fc.assert(
    fc.asyncProperty(anyStrokes, anyStrokes, anyStrokes, anyGround, anyOwn, async (common, gone, come, ground, own) => {
      // Long enough that a part of it is less than all.
      const size = { width: 960, height: 20 };
      const colours = Uint8Array.from({ length: 960 * 20 * 3 }, (_, i) => ((i * 2654435761) >>> 24) ^ (i >> 3));
      const alpha = own && Uint8Array.from({ length: 960 * 20 }, (_, i) => own[i % own.length] ?? 0);
      const of = (strokes: Stroke[]): Wanted => ({
        cut: { ...wholeCut, ground, strokes },
        colours,
        size,
        ...(alpha && { own: alpha }),
      });
      const [first, second] = [of([...common, ...gone]), of([...common, ...come])];
      const before = await made(first);
      const region = changedBy(first.cut as Cut, second.cut as Cut, size);
      const after = await made(second);
      if (!region) expect(Buffer.compare(before.rgb, after.rgb)).toBe(0);
      else {
        expect(region.width).toBeLessThan(960);
        const part = await made({ ...second, before: { made: before.facts, region } });
        expect(Buffer.compare(part.rgb, after.rgb)).toBe(0);
        expect(Buffer.compare(part.alpha, after.alpha)).toBe(0);
      }
    }),
    { numRuns: 40 },
  );
});

test('what is all subject keeps its colours to the bit, on any ground and after any strokes', async () => {
  await fc.assert(
    fc.asyncProperty(anyStrokes, anyGround, async (strokes, ground) => {
      const { alpha } = await made({ cut: { ...wholeCut, strokes } });
      const { rgb: colours } = await made({ cut: { ...wholeCut, ground, strokes } });
      for (let i = 0; i < width * height; i++)
        if (
          alpha[i] === 255 &&
          Buffer.compare(colours.subarray(i * 3, i * 3 + 3), rgb.subarray(i * 3, i * 3 + 3)) !== 0
        )
          throw new Error(`pixel ${i} is another`);
    }),
    { numRuns: 40 },
  );
});

/** A disc before a ground, its soft edge as a mask of the network's size has it: each pixel there is a mixture. */
function disc(side: number, subject: number[], behind: number[]) {
  const share = (x: number, y: number) =>
    Math.min(1, Math.max(0, (side * 0.3 - Math.hypot(x - side / 2, y - side / 2)) / (side / 40) + 0.5));
  const alpha = Uint8Array.from({ length: side * side }, (_, i) =>
    Math.round(255 * share((i % side) + 0.5, Math.floor(i / side) + 0.5)),
  );
  const colours = Uint8Array.from({ length: side * side * 3 }, (_, i) => {
    const by = (alpha[Math.floor(i / 3)] ?? 0) / 255;
    return Math.round((subject[i % 3] ?? 0) * by + (behind[i % 3] ?? 0) * (1 - by));
  });
  return { colours, mask: { width: side, height: side, bytes: alpha }, size: { width: side, height: side } };
}

describe('a soft edge', () => {
  const red = [200, 30, 20];
  const wanted = disc(240, red, [20, 240, 60]);
  const edge = [...wanted.mask.bytes].flatMap((value, i) => (value > 25 && value < 230 ? [i] : []));
  const furthest = (colours: Uint8Array, from: number[]) =>
    Math.max(...edge.flatMap((i) => from.map((value, c) => Math.abs((colours[i * 3 + c] ?? 0) - value))));

  test('has the colour of the subject alone, not that of what stood behind', async () => {
    expect(furthest(wanted.colours, red)).toBeGreaterThan(180);
    expect(furthest((await made(wanted)).rgb, red)).toBeLessThan(12);
  });

  test('on another colour is a mixture with that', async () => {
    const { rgb: colours } = await made({
      ...wanted,
      cut: { ...wholeCut, ground: { kind: 'colour', colour: '#0000ff' } },
    });
    for (const i of edge) {
      const by = (wanted.mask.bytes[i] ?? 0) / 255;
      for (const [c, value] of [0, 0, 255].entries())
        expect(Math.abs((colours[i * 3 + c] ?? 0) - ((red[c] ?? 0) * by + value * (1 - by)))).toBeLessThan(12);
    }
  });

  test('nothing of the picture is left a little away from the subject', async () => {
    const { rgb: colours } = await made(wanted);
    for (let i = 0; i < 240 * 240; i++)
      if (Math.hypot((i % 240) - 120, Math.floor(i / 240) - 120) > 240 * 0.3 + 8)
        for (let c = 0; c < 3; c++)
          if (Math.abs((colours[i * 3 + c] ?? 0) - (wanted.colours[i * 3 + c] ?? 0)) < 10)
            throw new Error(`channel ${c} of ${i}`);
  });

  test('blurred behind, the subject does not shine into what is around it', async () => {
    const { rgb: colours } = await made({ ...wanted, cut: { ...wholeCut, ground: { kind: 'blur' } } });
    for (let i = 0; i < wanted.mask.bytes.length; i++)
      if (wanted.mask.bytes[i] === 0) {
        expect(Math.abs((colours[i * 3] ?? 0) - 20)).toBeLessThan(12);
        expect(Math.abs((colours[i * 3 + 1] ?? 0) - 240)).toBeLessThan(12);
      }
  });
});

test('everything kept is the picture as it is, and a stroke takes away from that', async () => {
  const all: Cut = { ...wholeCut, base: 'all' };
  const kept = await made({ cut: all });
  expect([Buffer.compare(kept.rgb, rgb), kept.alpha.every((value) => value === 255)]).toEqual([0, true]);
  const { alpha } = await made({ cut: { ...all, strokes: [{ keep: false, radius: 5, points: [30, 20] }] } });
  const taken = alpha.filter((value) => value === 0).length;
  expect(Math.abs(alpha.reduce((sum, value) => sum + 1 - value / 255, 0) - Math.PI * 25)).toBeLessThan(4);
  expect(taken).toBeGreaterThan(40);
});
