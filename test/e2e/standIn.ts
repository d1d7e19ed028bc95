/** Replaces Fast ×4's network in a copy of the packaged app by one as fast as one can be, signed as the package is. */
import { createHash, sign } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { ModelCard } from '../../app/catalog';
import { Manifest, manifestName } from '../../storage/manifest';
import { signatureFile } from '../../storage/signature';
import { nearestOnnx } from '../tinyOnnx';
import type { Copy } from './damaged';
import { root } from './pictures';

/** Puts in a network that makes a square of 4 × 4 of each pixel. @param cpuTile side of the tiles. */
export async function layStandIn(copy: Copy, cpuTile: number): Promise<void> {
  const folder = 'models/fast-x4';
  const onnx = Buffer.from(nearestOnnx(4, 'upscaled'));
  const card = ModelCard.parse(JSON.parse(await readFile(path.join(copy.resources, folder, 'model.json'), 'utf8')));
  card.onnx = { bytes: onnx.byteLength, sha256: sha256(onnx), precision: 'float32' };
  if (card.flow.kind === 'tiles') card.flow.cpuTile = cpuTile;
  const laid = {
    [`${folder}/model.json`]: Buffer.from(JSON.stringify(card)),
    [`${folder}/prepared/model.onnx`]: onnx,
  };
  const manifest = Manifest.parse(JSON.parse(await readFile(path.join(copy.resources, manifestName), 'utf8')));
  for (const [file, bytes] of Object.entries(laid)) {
    await copy.replace(file, bytes);
    manifest.files[file] = { bytes: bytes.byteLength, sha256: sha256(bytes) };
  }
  const bytes = Buffer.from(JSON.stringify(manifest));
  const key = await readFile(path.join(root, 'release', 'build-key.pem'));
  await copy.replace(manifestName, bytes);
  await copy.replace(signatureFile(manifestName), sign(null, bytes, key).toString('base64'));
}

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
