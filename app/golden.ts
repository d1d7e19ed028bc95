/**
 * The golden check: Refit trusts no plan unseen. When a model is prepared, ONNX Runtime runs one real picture a profile on the
 * processor and keeps a spread-out sample of the outputs. A refitted plan must give the same before it is cached. The sample catches
 * what goes wrong (weights left out, a wrong kernel, a wrong tile) in kilobytes; whole outputs would outweigh all engines together.
 */
import { z } from 'zod';
import { fileName, maxListed, type Output, sha256 } from './catalog';
import { asNumbers } from './numbers';

const GoldenOutput = z.strictObject({
  name: z.string().min(1),
  dtype: z.enum(['uint8', 'float32']),
  /** Elements in the whole output. */
  elements: z.int().positive(),
  /** The reference holds elements 0, stride, 2·stride, … (little-endian). It shares no factor with a row, so that it visits every column. */
  stride: z.int().positive(),
  file: fileName,
  sha256,
});
export type GoldenOutput = z.infer<typeof GoldenOutput>;

/** `models/<id>/prepared/golden.json`, written by factory/models/prepare.ts. */
export const GoldenManifest = z.strictObject({
  version: z.literal(1),
  onnxSha256: sha256,
  profiles: z.record(
    z.string(),
    z.strictObject({
      /** uint8 NHWC `[1, H, W, 3]`, the profile's shape. */
      input: z.strictObject({ file: fileName, sha256 }),
      outputs: z.array(GoldenOutput).min(1).max(maxListed),
    }),
  ),
});
export type GoldenManifest = z.infer<typeof GoldenManifest>;

export interface GoldenVerdict {
  passed: boolean;
  /** Largest absolute difference seen over all outputs, in each output's own units. */
  maxAbsError: number;
  /** "pixels: off by 214, 2 allowed", for an error's detail; empty when passed. */
  detail: string;
}

/**
 * Compares an engine's outputs with the reference sample. An output that is missing, of the wrong length or not a number fails.
 * @param actual whole outputs, in the manifest's order, as raw little-endian bytes.
 * @param reference the sampled reference of each, as raw bytes.
 */
export function compareGolden(
  outputs: readonly GoldenOutput[],
  bounds: readonly Output[],
  actual: readonly Uint8Array[],
  reference: readonly Uint8Array[],
): GoldenVerdict {
  let maxAbsError = 0;
  const faults = bounds.filter((b) => !outputs.some((o) => o.name === b.name)).map((b) => `${b.name}: no reference`);
  if (outputs.length === 0) faults.push('nothing to compare');
  outputs.forEach((output, i) => {
    const { name, dtype, elements, stride } = output;
    const bound = bounds.find((b) => b.name === name)?.maxAbsError;
    if (bound === undefined) {
      faults.push(`${name}: the card has no such output`);
      return;
    }
    const got = actual[i] ?? new Uint8Array();
    const want = reference[i] ?? new Uint8Array();
    const sampled = Math.ceil(elements / stride);
    if (got.byteLength !== elements * bytesEach[dtype] || want.byteLength !== sampled * bytesEach[dtype]) {
      faults.push(`${name}: ${got.byteLength} bytes against ${want.byteLength}, ${elements} ${dtype} values expected`);
      return;
    }
    const worst = worstDifference(asNumbers(got, dtype), asNumbers(want, dtype), stride);
    maxAbsError = Math.max(maxAbsError, worst);
    // NaN compares false with everything: in this form it is a fault.
    if (!(worst <= bound)) faults.push(`${name}: off by ${worst}, ${bound} allowed`);
  });
  return { passed: faults.length === 0, maxAbsError, detail: faults.join('; ') };
}

const bytesEach = { uint8: 1, float32: 4 } as const;

/**
 * @param stride of `got` only each `stride`th value is compared, with the next of `want`.
 * @returns the largest difference of two values; NaN where one is NaN or missing.
 */
export function worstDifference(got: ArrayLike<number>, want: ArrayLike<number>, stride = 1): number {
  let worst = 0;
  for (let k = 0; k < want.length; k++) {
    const difference = Math.abs((got[k * stride] ?? Number.NaN) - (want[k] ?? Number.NaN));
    if (Number.isNaN(difference)) return Number.NaN;
    if (difference > worst) worst = difference;
  }
  return worst;
}
