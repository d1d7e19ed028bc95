/** Makes a weight pack of two ONNX files of one graph: `refit pack`. */
import { createPrivateKey, sign } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants } from 'node:zlib';
import type { ModelCard } from '../../app/catalog';
import { AppError } from '../../app/errors';
import { GoldenManifest } from '../../app/golden';
import {
  type PackManifest,
  type PackObject,
  type PackTensor,
  packManifestFile,
  packObjectFile,
  packSignatureFile,
} from '../../app/pack';
import { graphSha256, outlineOnnx } from '../../native/onnx';
import { sha256 } from '../../storage/verify';

const compress = promisify(brotliCompress);

export interface PackWork {
  card: ModelCard;
  /** Folder with the model's golden pictures. */
  preparedDir: string;
  /** Omitted: `model.onnx` there. */
  oldOnnxFile?: string;
  newOnnxFile: string;
  /** The pack's folder; must not be there. */
  out: string;
  /** Ed25519 private key, PEM. */
  signingKey: string | Buffer;
}

export interface PackSummary {
  tensors: number;
  /** Values that changed, unpacked, and everything in the folder. */
  changedBytes: number;
  packBytes: number;
}

/**
 * Writes a pack, whole or not at all.
 * @throws AppError PACK_REFUSED (otherGraph) where more than weights differ, ONNX_REFUSED; Error where nothing does.
 */
export async function makePack(work: PackWork): Promise<PackSummary> {
  const { card, out } = work;
  const [before, after] = await Promise.all([
    readFile(work.oldOnnxFile ?? path.join(work.preparedDir, 'model.onnx')),
    readFile(work.newOnnxFile),
  ]);
  const outline = outlineOnnx(before, card.id);
  const newOutline = outlineOnnx(after, work.newOnnxFile);
  const otherGraph = (detail: string) =>
    new AppError('PACK_REFUSED', { file: path.basename(out), reason: 'otherGraph' }, detail);
  if (outline.external.length > 0 || newOutline.external.length > 0)
    throw new AppError(
      'ONNX_REFUSED',
      { file: work.newOnnxFile },
      'packs are made of files that hold their own weights',
    );
  const graph = graphSha256(before, outline);
  if (graphSha256(after, newOutline) !== graph || before.byteLength !== after.byteLength)
    throw otherGraph(difference(outline.tensors, newOutline.tensors));

  const temporary = `${path.resolve(out)}.${process.pid}.tmp`;
  try {
    await mkdir(path.join(temporary, 'objects'), { recursive: true });
    const store = storeIn(temporary);
    const tensors: PackTensor[] = [];
    for (const { name, offset, bytes } of outline.tensors) {
      const values = after.subarray(offset, offset + bytes);
      if (!before.subarray(offset, offset + bytes).equals(values))
        tensors.push({ ...(await store.put(values)), name, offset });
    }
    if (tensors.length === 0) throw new Error('The two files have the same weights.');
    const changedBytes = tensors.reduce((sum, { bytes }) => sum + bytes, 0);
    const { golden, references } = await goldenOf(work, after, changedBytes * goldenShare, store.put);
    const manifest: PackManifest = {
      version: 1,
      model: card.id,
      from: { onnxSha256: sha256(before) },
      to: { onnxSha256: sha256(after), bytes: after.byteLength },
      graphSha256: graph,
      tensors,
      golden,
      references,
    };
    const text = Buffer.from(JSON.stringify(manifest));
    const signature = sign(null, text, createPrivateKey(work.signingKey)).toString('base64');
    await writeFile(path.join(temporary, packManifestFile), text);
    await writeFile(path.join(temporary, packSignatureFile), signature);
    await rename(temporary, out);
    return {
      tensors: tensors.length,
      changedBytes,
      packBytes: store.bytes() + text.byteLength + signature.length,
    };
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    throw error;
  }
}

/** Golden references may take this share of the changed weights' bytes. */
const goldenShare = 0.015;
/** So few values of an output still show wrong weights. */
const fewest = 256;

/**
 * How many times as wide the stride of an output's sample must be for `most` values or fewer to be left. A prime that does not
 * divide the number of elements, so that the sample still comes by all rows and channels.
 */
function widening(elements: number, stride: number, most: number): number {
  const primes = [1, 7, 11, 13, 17, 23, 31, 47, 61, 97, 127, 191, 251, 383, 509, 769, 1021, 2039, 4093, 8191];
  const fits = (factor: number) => elements % factor !== 0 || factor === 1;
  const wide = primes.filter((factor) => fits(factor) && Math.ceil(elements / (stride * factor)) >= fewest);
  return wide.find((factor) => Math.ceil(elements / (stride * factor)) <= most) ?? wide.at(-1) ?? 1;
}

/** Content-addressed: bytes that are put in twice are stored once. */
function storeIn(folder: string) {
  const sizes = new Map<string, number>();
  return {
    put: async (bytes: Uint8Array): Promise<PackObject> => {
      const small = await compress(bytes, {
        params: {
          // Weights are mostly noise: the highest quality takes minutes and gains little.
          [constants.BROTLI_PARAM_QUALITY]: 6,
          [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
          [constants.BROTLI_PARAM_SIZE_HINT]: bytes.byteLength,
        },
      });
      const compressed = small.byteLength < bytes.byteLength;
      const object = { sha256: sha256(bytes), bytes: bytes.byteLength, compressed };
      const file = packObjectFile(object);
      if (!sizes.has(file)) await writeFile(path.join(folder, ...file.split('/')), compressed ? small : bytes);
      sizes.set(file, compressed ? small.byteLength : bytes.byteLength);
      return object;
    },
    bytes: () => [...sizes.values()].reduce((sum, size) => sum + size, 0),
  };
}

/** The golden pictures through the new weights, on the processor. */
async function goldenOf(
  { card, preparedDir }: PackWork,
  onnx: Uint8Array,
  mostBytes: number,
  put: (bytes: Uint8Array) => Promise<PackObject>,
) {
  const old = GoldenManifest.parse(JSON.parse(await readFile(path.join(preparedDir, 'golden.json'), 'utf8')));
  // Here, so that commands which do not need it run where it does not load.
  const { InferenceSession, Tensor } = await import('onnxruntime-node');
  const session = await InferenceSession.create(onnx, { executionProviders: ['cpu'] });
  const references: PackObject[] = [];
  const golden: GoldenManifest = { ...old, onnxSha256: sha256(onnx), profiles: {} };
  try {
    for (const profile of card.profiles) {
      const made = old.profiles[profile.id];
      if (!made) throw new Error(`There is no golden picture of ${card.id} ${profile.id}; run npm run models.`);
      const pixels = await readFile(path.join(preparedDir, made.input.file));
      const input = new Tensor('uint8', pixels, [1, profile.height, profile.width, 3]);
      const results = await session.run({ [session.inputNames[0] ?? '']: input });
      const outputs = [];
      for (const output of made.outputs) {
        const data = results[output.name]?.data;
        if (!(data instanceof Uint8Array || data instanceof Float32Array)) throw new Error(`no output ${output.name}`);
        const count = card.profiles.length * made.outputs.length * data.BYTES_PER_ELEMENT;
        const stride = output.stride * widening(output.elements, output.stride, mostBytes / count);
        const sampled = data.filter((_, i) => i % stride === 0);
        const object = await put(new Uint8Array(sampled.buffer, sampled.byteOffset, sampled.byteLength));
        references.push(object);
        outputs.push({ ...output, stride, sha256: object.sha256 });
      }
      golden.profiles[profile.id] = { ...made, outputs };
    }
  } finally {
    await session.release();
  }
  return { golden, references };
}

/** Says in a few words what differs beside the weights. */
function difference(before: { name: string; bytes: number }[], after: { name: string; bytes: number }[]): string {
  const names = (list: { name: string; bytes: number }[]) => new Map(list.map(({ name, bytes }) => [name, bytes]));
  const [old, now] = [names(before), names(after)];
  const faults = [
    ...[...old.keys()].filter((name) => !now.has(name)).map((name) => `${name} is gone`),
    ...[...now.keys()].filter((name) => !old.has(name)).map((name) => `${name} is new`),
    ...[...now]
      .filter(([name, bytes]) => (old.get(name) ?? bytes) !== bytes)
      .map(([name]) => `${name} has another size`),
  ];
  return faults.slice(0, 5).join('; ') || 'the nodes differ';
}
