/** Masks of cut-outs: their values, their borders, and how far they can be believed. Pure. */

/** A mask's values as alpha, a byte each. @param values 0–255 as uint8, 0–1 as float32. */
export function maskToAlpha(values: Uint8Array | Float32Array): Uint8Array {
  if (values instanceof Uint8Array) return new Uint8Array(values);
  const alpha = new Uint8ClampedArray(values.length);
  for (let i = 0; i < values.length; i++) alpha[i] = (values[i] as number) * 255;
  return new Uint8Array(alpha.buffer);
}

/** Share of a side: so far from the border the network's zero padding dims the mask. */
const dimmed = 1 / 40;
/** Alpha at the border from which a subject counts as touching it: where one ends before, the network is sure that there is nothing. */
const touches = 8;

/**
 * Makes a subject that touches the border as sure at the border as it is inside, in place. The network pads with zeros, so its mask
 * fades there, down to nothing where an edge meets the border.
 */
export function reachBorder(alpha: Uint8Array, width: number, height: number): Uint8Array {
  const lines = (count: number, length: number, at: (line: number, depth: number) => number): void => {
    const deep = Math.min(Math.ceil(length * dimmed), Math.floor(length / 2));
    for (let line = 0; line < count; line++) {
      if ((alpha[at(line, 0)] as number) < touches) continue;
      for (let depth = deep - 1; depth >= 0; depth--)
        alpha[at(line, depth)] = Math.max(alpha[at(line, depth)] as number, alpha[at(line, depth + 1)] as number);
    }
  };
  lines(height, width, (y, x) => y * width + x);
  lines(height, width, (y, x) => y * width + width - 1 - x);
  lines(width, height, (x, y) => y * width + x);
  lines(width, height, (x, y) => (height - 1 - y) * width + x);
  return alpha;
}

/** Shares of the picture, 0 to 1: `sure` is where the mask is sure of the subject, `halfSure` where it cannot tell. */
export function judge(alpha: Uint8Array): { sure: number; halfSure: number } {
  let [sure, halfSure] = [0, 0];
  for (const value of alpha) {
    if (value > 128) sure++;
    if (value > 25 && value < 230) halfSure++;
  }
  return { sure: sure / alpha.length, halfSure: halfSure / alpha.length };
}

/** Intersection over union of two masks of one size, 0 to 1. */
export function agreement(one: Uint8Array, other: Uint8Array): number {
  let [both, either] = [0, 0];
  for (let i = 0; i < one.length; i++) {
    const [a, b] = [(one[i] as number) > 128, (other[i] as number) > 128];
    if (a && b) both++;
    if (a || b) either++;
  }
  return either > 0 ? both / either : 1;
}
