/** Cut out: the network's mask becomes the picture's alpha, unless it shows no subject. */

import { layOnGround } from '../../app/ground';
import { asNumbers } from '../../app/numbers';
import type { Tool, ToolInput, ToolOutput } from '../tool';
import { agreement, judge, maskToAlpha, reachBorder } from './mask';

const network = 'cut-out';
/** Shares of the picture between which a subject is looked at again: a smaller one would be lost from further away. */
const small = { most: 0.2, least: 0.01 };
/** Share of the picture below which a subject is none: the network always finds something to be surest of. */
const least = 0.002;
/** Agreement from which both looks see the same: small subjects gave 0.9 at least, a part of a face 0.7 at most (test/cutOut). */
const same = 0.8;
/** Share of the second look's side: the picture lies in the middle, with its border's pixels repeated so far around it. */
const margin = 0.25;

export const tool: Tool = {
  async finish(asked) {
    const { outputs, input } = asked;
    const { width, height } = input;
    const alpha = reachBorder(alphaOf(outputs, input), width, height);
    const { sure, halfSure } = judge(alpha);
    const answer = { kind: 'alpha', width, height, bytes: alpha } as const;
    if (sure < least || halfSure > sure)
      return { answer: { ...answer, base: 'all' }, note: { code: 'SUBJECT_UNCLEAR' } };
    if (sure >= small.most) return { answer, note: null };
    if (sure >= small.least && (await lookAgain(asked, alpha)) < same)
      return { answer: { ...answer, base: 'all' }, note: { code: 'SUBJECT_FILLS' } };
    return { answer, note: { code: 'SUBJECT_SMALL' } };
  },
};

/**
 * Looks again from further away. Of a face that fills the picture the network takes an eye for the subject; from further away it takes
 * the face, while a subject that is really small stays the same. @returns the agreement of both looks, 0 to 1.
 */
async function lookAgain({ picture, input, cut, run }: ToolInput, alpha: Uint8Array): Promise<number> {
  if (!run) return 1;
  const { width, height } = input;
  const [left, top] = [Math.round(width * margin), Math.round(height * margin)];
  const inner = { width: width - 2 * left, height: height - 2 * top };
  const all = {
    centre: { x: picture.width / 2, y: picture.height / 2 },
    length: picture.width,
    breadth: picture.height,
  };
  const rgba = await cut({ ...all, along: { x: 1, y: 0 } }, inner.width, inner.height);
  layOnGround(rgba);
  const rgb = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const column = Math.min(Math.max(x - left, 0), inner.width - 1);
      const row = Math.min(Math.max(y - top, 0), inner.height - 1);
      for (let c = 0; c < 3; c++) rgb[(y * width + x) * 3 + c] = rgba[(row * inner.width + column) * 4 + c] as number;
    }
  const [outputs] = await run(network, [{ width, height, rgb }], { done: 1, total: 2 });
  const seen = alphaOf(outputs ?? [], input);
  const other = new Uint8Array(width * height);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const column = left + Math.floor((x * inner.width) / width);
      other[y * width + x] = seen[(top + Math.floor((y * inner.height) / height)) * width + column] as number;
    }
  return agreement(alpha, other);
}

function alphaOf(outputs: readonly ToolOutput[], { width, height }: { width: number; height: number }): Uint8Array {
  const output = outputs[0];
  const values = output && asNumbers(output.bytes, output.dtype);
  if (values?.length !== width * height)
    throw new Error(`Expected a mask of ${width} × ${height} but received ${values?.length ?? 0} values`);
  return maskToAlpha(values);
}
