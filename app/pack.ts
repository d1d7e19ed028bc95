/**
 * Weight packs: other weights for a network that is installed already, as a folder `<name>.refitpack`:
 *
 *   manifest.json      what it is and what it changes
 *   manifest.json.sig  Ed25519 over the manifest's exact bytes, base64
 *   objects/<sha256>   tensors and golden references by their content, raw; or `<sha256>.br`, compressed
 *
 * Only tensors that changed are in it, with their places in the ONNX file: the app makes the new file from the one it has.
 */
import { z } from 'zod';
import { id, maxListed, sha256 } from './catalog';
import { GoldenManifest } from './golden';

/** Something in `objects/`. */
const PackObject = z.strictObject({
  sha256,
  /** Unpacked, so that a small file cannot unpack to more than memory. One that would not get smaller is not compressed. */
  bytes: z.int().positive(),
  compressed: z.boolean(),
});
export type PackObject = z.infer<typeof PackObject>;

const PackTensor = PackObject.extend({
  /** The initializer's name, which is the engine's too. */
  name: z.string().min(1),
  /** Where its values begin in the ONNX file, whose places are those of the file before: the graph is the same. */
  offset: z.int().positive(),
});
export type PackTensor = z.infer<typeof PackTensor>;

export const PackManifest = z.strictObject({
  version: z.literal(1),
  model: id,
  from: z.strictObject({ onnxSha256: sha256 }),
  to: z.strictObject({ onnxSha256: sha256, bytes: z.int().positive() }),
  /** Of either ONNX file without its initializers' values (native/onnx.ts). */
  graphSha256: sha256,
  tensors: z.array(PackTensor).min(1).max(maxListed),
  /** What the new weights make of the golden pictures, which the app has; the references are objects. */
  golden: GoldenManifest,
  references: z.array(PackObject).max(maxListed),
});
export type PackManifest = z.infer<typeof PackManifest>;

export const packManifestFile = 'manifest.json';
export const packSignatureFile = 'manifest.json.sig';
export const packObjectFile = ({ sha256: hash, compressed }: PackObject): string =>
  `objects/${hash}${compressed ? '.br' : ''}`;

/** Several times what one needs that lists as many tensors and references as may be. */
export const maxManifestBytes = 16 * 2 ** 20;
/** Ed25519 in base64 is 88. */
export const maxSignatureBytes = 1000;
