/** Makes a tool, Fast ×4 where none is named, quicker in a copy of the packaged app, which is signed as the package is. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { ModelCard } from '../../app/catalog';
import { nearestOnnx } from '../tinyOnnx';
import type { PackageCopy } from './packageCopy';

const folder = 'models/fast-x4';

async function cardIn(copy: PackageCopy, cpuTile: number, of = folder): Promise<ModelCard> {
  const card = ModelCard.parse(JSON.parse(await readFile(path.join(copy.resources, of, 'model.json'), 'utf8')));
  if (card.flow.kind === 'tiles') card.flow.cpuTile = cpuTile;
  return card;
}

/** Leaves the network, and gives the processor tiles of another side. */
export async function layTiles(copy: PackageCopy, cpuTile: number, of = folder): Promise<void> {
  await copy.ship({ [`${of}/model.json`]: Buffer.from(JSON.stringify(await cardIn(copy, cpuTile, of))) });
}

/** Puts in a network that makes a square of 4 × 4 of each pixel, as fast as one can be. @param cpuTile side of the tiles. */
export async function layStandIn(copy: PackageCopy, cpuTile: number): Promise<void> {
  const onnx = Buffer.from(nearestOnnx(4, 'upscaled'));
  const card = await cardIn(copy, cpuTile);
  const sha256 = createHash('sha256').update(onnx).digest('hex');
  card.onnx = { bytes: onnx.byteLength, sha256, precision: 'float32' };
  await copy.ship({
    [`${folder}/model.json`]: Buffer.from(JSON.stringify(card)),
    [`${folder}/prepared/model.onnx`]: onnx,
  });
}
