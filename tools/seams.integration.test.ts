/** Deep networks see far, so tiles must overlap enough: where two meet, the picture must be the one that is made without tiles. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { PNG } from 'pngjs';
import { beforeAll, expect, test } from 'vitest';
import type { Picture } from '../app/tiles';
import { prepareModels, readCard } from '../factory/models/prepare';
import { repository } from '../factory/models/python';
import { inferTiles } from '../host/sessions/infer';
import { openOnnx } from '../host/sessions/onnx';
import { closePictures, fileOf, fileOfPicture, pixels, pixelsOf } from '../main/pictures/picture.fixture';

closePictures();
beforeAll(() => prepareModels(() => {}), 600_000);

const prepared = (model: string, file: string) => path.join(repository, 'models', model, 'prepared', file);

async function leftTop(model: string, sample: string, width: number, height: number): Promise<Picture> {
  const { data, width: stride } = PNG.sync.read(await readFile(prepared(model, sample)));
  const rgb = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      rgb.set(data.subarray((y * stride + x) * 4, (y * stride + x) * 4 + 3), (y * width + x) * 3);
  return { width, height, rgb };
}

async function untiled(onnx: Uint8Array, { width, height, rgb }: Picture): Promise<Uint8Array> {
  // A thread that waits for the others of its session would take the core that another test works on.
  const extra = { session: { intra_op: { allow_spinning: '0' } } };
  const session = await InferenceSession.create(onnx, { executionProviders: ['cpu'], extra });
  const { upscaled } = await session.run({ pixels: new Tensor('uint8', rgb, [1, height, width, 3]) });
  await session.release();
  return upscaled?.data as Uint8Array;
}

/**
 * Least likeness of the two. The cards' overlap of 24 gave 43 dB (photo) and 54 dB (drawing) here, 16 gave 39 and 51, 8 gave 37 and 46.
 */
const leastDb = 40;
/** Side of the tiles, smaller than the cards': what a seam shows depends on the overlap, what a tile costs on its side. */
const side = 96;

test.each([
  ['photo-x4', 'cat.png'],
  ['drawing-x4', 'drawing.png'],
])(
  '%s: two tiles meet without a seam',
  async (model, sample) => {
    const card = await readCard(path.join(repository, 'models', model));
    if (card.flow.kind !== 'tiles') throw new Error(`${model} is no tool of tiles`);
    card.flow.cpuTile = side;
    const { overlap, scale } = card.flow;
    const picture = await leftTop(model, sample, 2 * (side - overlap), side);
    const onnx = await readFile(prepared(model, 'model.onnx'));
    const whole = await untiled(onnx, picture);

    const row = picture.width * scale * 3;
    const session = await openOnnx(card, onnx, 'cpu', () => pixels);
    const [source, result] = [
      await fileOfPicture(picture),
      await fileOf(picture.width * scale, picture.height * scale, 3),
    ];
    let tiles = 0;
    await inferTiles(session, { source: source.facts, result: result.facts, finished: [] }, ({ rects }) => {
      tiles += rects.length;
    });
    const tiled = await pixelsOf(result.facts);
    await session.close();
    expect(tiles).toBe(2);

    // Two pixels of the original on either side of the seam.
    const [from, to] = [-2, 2].map((pixels) => (side - overlap + pixels) * scale * 3) as [number, number];
    let squares = 0;
    let count = 0;
    for (let y = 0; y < side * scale; y++)
      for (let x = from; x < to; x++, count++) squares += ((tiled[y * row + x] ?? 0) - (whole[y * row + x] ?? 0)) ** 2;
    const db = 10 * Math.log10(255 ** 2 / (squares / count));
    console.log(`${model}: ${db.toFixed(1)} dB at the seam`);
    expect(db).toBeGreaterThan(leastDb);
  },
  300_000,
);
