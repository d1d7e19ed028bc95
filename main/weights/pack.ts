/** Opens a weight pack and makes the new ONNX of the old one. Nothing of a pack is used before its signature and hash hold. */
import path from 'node:path';
import { promisify } from 'node:util';
import { brotliDecompress } from 'node:zlib';
import type { PackFault } from '../../app/errorCodes';
import { AppError } from '../../app/errors';
import { firstFaults } from '../../app/faults';
import {
  maxManifestBytes,
  maxSignatureBytes,
  PackManifest,
  type PackObject,
  packManifestFile,
  packObjectFile,
  packSignatureFile,
} from '../../app/pack';
import { graphSha256, type OnnxOutline, outlineOnnx } from '../../native/onnx';
import { readBounded } from '../../storage/readBounded';
import { isSigned } from '../../storage/signature';
import { digest } from '../../storage/verify';
import { faultOf } from '../window/hidePaths';

const decompress = promisify(brotliDecompress);

export interface Pack {
  folder: string;
  manifest: PackManifest;
}

const refused = (folder: string, reason: PackFault, detail = ''): AppError =>
  new AppError('PACK_REFUSED', { file: path.basename(folder), reason }, detail);

/**
 * Reads a pack's manifest.
 * @param key the public key that must have signed it (`isSigned`).
 * @throws AppError PACK_REFUSED: unreadable, unsigned.
 */
export async function openPack(folder: string, key: string): Promise<Pack> {
  const bytes = await readBounded(path.join(folder, packManifestFile), maxManifestBytes).catch((error: unknown) => {
    throw refused(folder, 'unreadable', faultOf(error));
  });
  const signature = await readBounded(path.join(folder, packSignatureFile), maxSignatureBytes).then(String, () => '');
  // Before anything in it is believed, or even parsed.
  if (!isSigned(bytes, signature, key)) throw refused(folder, 'unsigned');
  let json: unknown;
  try {
    json = JSON.parse(bytes.toString('utf8'));
  } catch (error) {
    throw refused(folder, 'unreadable', String(error));
  }
  const parsed = PackManifest.safeParse(json);
  if (!parsed.success) throw refused(folder, 'unreadable', firstFaults(parsed.error));
  return { folder, manifest: parsed.data };
}

/** One of a pack's objects, unpacked. @throws AppError PACK_REFUSED: damaged. */
export async function readObject({ folder }: Pick<Pack, 'folder'>, object: PackObject): Promise<Uint8Array> {
  let bytes: Uint8Array;
  try {
    const stored = await readBounded(path.join(folder, ...packObjectFile(object).split('/')), object.bytes);
    bytes = object.compressed ? await decompress(stored, { maxOutputLength: object.bytes }) : stored;
  } catch (error) {
    throw refused(folder, 'damaged', faultOf(error));
  }
  if (bytes.byteLength !== object.bytes || (await digest(bytes)) !== object.sha256)
    throw refused(folder, 'damaged', packObjectFile(object));
  return bytes;
}

/**
 * The ONNX file that a pack stands for.
 * @param model the model's id. @param onnx the installed ONNX file, hash checked.
 * @throws AppError PACK_REFUSED: otherModel, otherGraph, otherVersion, damaged.
 */
export async function applyPack(pack: Pack, model: string, onnx: Uint8Array): Promise<Uint8Array> {
  const { folder, manifest } = pack;
  if (manifest.model !== model) throw refused(folder, 'otherModel', `${manifest.model}, not ${model}`);
  const outline = outlineOnnx(onnx, `${model}.onnx`);
  requireSameGraph(pack, onnx, outline);
  if (manifest.from.onnxSha256 !== (await digest(onnx)))
    throw refused(folder, 'otherVersion', `made from ${manifest.from.onnxSha256}`);
  const patched = new Uint8Array(onnx);
  for (const tensor of manifest.tensors) patched.set(await readObject(pack, tensor), tensor.offset);
  if ((await digest(patched)) !== manifest.to.onnxSha256)
    throw refused(folder, 'damaged', 'the file made of it is another');
  return patched;
}

function requireSameGraph({ folder, manifest }: Pack, onnx: Uint8Array, outline: OnnxOutline): void {
  if (graphSha256(onnx, outline) !== manifest.graphSha256 || manifest.to.bytes !== onnx.byteLength)
    throw refused(folder, 'otherGraph', `graph ${manifest.graphSha256}, ${manifest.to.bytes} bytes`);
  // Else a pack could write into the graph itself.
  for (const { name, offset, bytes } of manifest.tensors)
    if (!outline.tensors.some((t) => t.name === name && t.offset === offset && t.bytes === bytes))
      throw refused(folder, 'otherGraph', `"${name}" is not at ${offset} with ${bytes} bytes`);
}
