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

/** A file in `objects/`. */
const PackObject = z.strictObject({
  sha256,
  /** Unpacked size, so that a small file cannot unpack to more than memory holds. An object that compression would not shrink is raw. */
  bytes: z.int().positive(),
  compressed: z.boolean(),
});
export type PackObject = z.infer<typeof PackObject>;

const PackTensor = PackObject.extend({
  /** The initializer's name, which is the engine's too. */
  name: z.string().min(1),
  /** Where its values begin in the ONNX file. Old and new file have the same places, because the graph is the same. */
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
  /** What the new weights make of the golden pictures. The app has the pictures; the references are objects. */
  golden: GoldenManifest,
  references: z.array(PackObject).max(maxListed),
});
export type PackManifest = z.infer<typeof PackManifest>;

export const packManifestFile = 'manifest.json';
export const packSignatureFile = 'manifest.json.sig';
export const packObjectFile = ({ sha256: hash, compressed }: PackObject): string =>
  `objects/${hash}${compressed ? '.br' : ''}`;

/** Several times the size of a manifest with the most tensors and references allowed. */
export const maxManifestBytes = 16 * 2 ** 20;
/** An Ed25519 signature in base64 has 88. */
export const maxSignatureBytes = 1000;
