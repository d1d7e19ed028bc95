/** A tiny installed model with golden pictures, newer weights of it, and keys: what tests of weight packs share. */
import { generateKeyPairSync } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { ModelCard } from '../../app/catalog';
import type { GoldenManifest } from '../../app/golden';
import { exampleCard, temporaryFolder } from '../../main/example.fixture';
import { type Paths, paths } from '../../main/paths';
import { sha256 } from '../../storage/verify';
import { expectedPixels, type TinyNetwork, tinyOnnx } from '../../test/tinyOnnx';
import { makePack, type PackSummary } from './makePack';

export const oldWeights: TinyNetwork = { factor: 0.5, offset: 10 };
export const newWeights: TinyNetwork = { factor: 0.25, offset: 20 };
const side = 32;
export const pixels = Uint8Array.from({ length: side * side * 3 }, (_, i) => ((i * 7) % 64) * 4);

const { publicKey, privateKey } = generateKeyPairSync('ed25519');
export const key = publicKey.export({ format: 'der', type: 'spki' }).toString('base64');
export const signingKey = privateKey.export({ format: 'pem', type: 'pkcs8' });

export interface Example {
  root: string;
  card: ModelCard;
  paths: Paths;
  preparedDir: string;
  onnx: Uint8Array;
  pack: string;
  summary: PackSummary;
}

/** Lays the model out as it ships and makes a pack of newer weights. */
export async function examplePack(newer: TinyNetwork = newWeights): Promise<Example> {
  const root = await temporaryFolder();
  const where = paths(root, true);
  const onnx = tinyOnnx(oldWeights);
  const card = exampleCard('tiny', {
    onnx: { bytes: onnx.byteLength, sha256: sha256(onnx), precision: 'float32' },
    outputs: [{ name: 'changed', dtype: 'uint8', maxAbsError: 1 }],
  });
  const preparedDir = path.dirname(where.prepared('tiny', 'model.onnx'));
  await mkdir(preparedDir, { recursive: true });
  const stride = 7;
  const reference = expectedPixels(pixels, oldWeights).filter((_, i) => i % stride === 0);
  const output = { name: 'changed', dtype: 'uint8' as const, elements: pixels.length, stride, file: 'out.bin' };
  const golden: GoldenManifest = {
    version: 1,
    onnxSha256: card.onnx.sha256,
    profiles: {
      tile32: {
        input: { file: 'in.bin', sha256: sha256(pixels) },
        outputs: [{ ...output, sha256: sha256(reference) }],
      },
    },
  };
  const files = { 'model.onnx': onnx, 'in.bin': pixels, 'out.bin': reference, 'golden.json': JSON.stringify(golden) };
  for (const [name, content] of Object.entries(files)) await writeFile(path.join(preparedDir, name), content);
  const newOnnxFile = path.join(root, 'new.onnx');
  await writeFile(newOnnxFile, tinyOnnx(newer));
  const pack = path.join(root, 'tiny.refitpack');
  const summary = await makePack({ card, preparedDir, newOnnxFile, out: pack, signingKey });
  return {
    root,
    card,
    paths: where,
    preparedDir,
    onnx: await readFile(path.join(preparedDir, 'model.onnx')),
    pack,
    summary,
  };
}
