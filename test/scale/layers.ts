/** Layers of the architectures, in float16 throughout: the ONNX file decides the precision. */
import type { Network } from './network';

const int = (value: number) => ({ int: value });
const ints = (...values: number[]) => ({ ints: values });

/** A linear layer: `[…, from]` → `[…, to]`. */
export function linear(net: Network, name: string, x: string, from: number, to: number, bias = true): string {
  const product = net.op('MatMul', [x, net.weight(`${name}.weight`, [from, to])]);
  return bias ? net.op('Add', [product, net.weight(`${name}.bias`, [to])]) : product;
}

interface ConvShape {
  from: number;
  to: number;
  kernel: number;
  stride?: number;
}

/** A square convolution with bias, padded so that stride 1 keeps the size: `[1, from, height, width]` → `[1, to, …]`. */
export function conv(net: Network, name: string, x: string, { from, to, kernel, stride = 1 }: ConvShape): string {
  const pad = (kernel - 1) >> 1;
  return net.op(
    'Conv',
    [x, net.weight(`${name}.weight`, [to, from, kernel, kernel]), net.weight(`${name}.bias`, [to])],
    { kernel_shape: ints(kernel, kernel), strides: ints(stride, stride), pads: ints(pad, pad, pad, pad) },
  );
}

/** Layer normalization of rows of `width` (Ba et al. 2016); the shape stays. */
export function layerNorm(net: Network, name: string, x: string, width: number): string {
  const parts = [x, net.weight(`${name}.weight`, [width], 'ones'), net.weight(`${name}.bias`, [width])];
  return net.op('LayerNormalization', parts, { axis: int(-1), epsilon: { float: 1e-5 } });
}

/** Root mean square normalization of rows of `width` (Zhang and Sennrich 2019); the shape stays. */
export function rmsNorm(net: Network, name: string, x: string, width: number): string {
  // In float32, as in Llama: squares of float16 overflow.
  const wide = net.op('Cast', [x], { to: int(1) });
  const square = net.op('Mul', [wide, wide]);
  const mean = net.op('ReduceMean', [square], { axes: ints(-1), keepdims: int(1) });
  const root = net.op('Sqrt', [net.op('Add', [mean, net.constant([1e-5], 'float32', [])])]);
  const narrow = net.op('Cast', [net.op('Div', [wide, root])], { to: int(10) });
  return net.op('Mul', [narrow, net.weight(`${name}.weight`, [width], 'ones')]);
}

/**
 * Group normalization (Wu and He 2018) of `[1, channels, side, side]`, step by step, in float32. Of one operator (InstanceNormalization) TensorRT-RTX 1.6.1 would make a kernel that it has
 * only for the GPUs it builds for, so the engine would not run on the H100 that measures these networks.
 */
export function groupNorm(net: Network, name: string, x: string, channels: number, side: number): string {
  const groups = 32;
  const wide = net.op('Cast', [reshape(net, x, [1, groups, -1])], { to: int(1) });
  const meanOf = (y: string) => net.op('ReduceMean', [y], { axes: ints(-1), keepdims: int(1) });
  const centred = net.op('Sub', [wide, meanOf(wide)]);
  const variance = meanOf(net.op('Mul', [centred, centred]));
  const deviation = net.op('Sqrt', [net.op('Add', [variance, net.constant([1e-5], 'float32', [])])]);
  const normal = net.op('Cast', [net.op('Div', [centred, deviation])], { to: int(10) });
  const back = reshape(net, normal, [1, channels, side, side]);
  const scaled = net.op('Mul', [back, net.weight(`${name}.weight`, [channels, 1, 1], 'ones')]);
  return net.op('Add', [scaled, net.weight(`${name}.bias`, [channels, 1, 1])]);
}

export const reshape = (net: Network, x: string, shape: readonly number[]): string =>
  net.op('Reshape', [x, net.constant(shape, 'int64')]);

export const transpose = (net: Network, x: string, ...order: number[]): string =>
  net.op('Transpose', [x], { perm: { ints: order } });

/** SiLU: x × sigmoid(x). */
export const silu = (net: Network, x: string): string => net.op('Mul', [x, net.op('Sigmoid', [x])]);

/** Exact GELU, by the error function. */
export function gelu(net: Network, x: string): string {
  const scalar = (value: number) => net.constant([value], 'float16', []);
  const erf = net.op('Erf', [net.op('Mul', [x, scalar(Math.SQRT1_2)])]);
  return net.op('Mul', [net.op('Mul', [x, scalar(0.5)]), net.op('Add', [erf, scalar(1)])]);
}

export interface AttentionShape {
  heads: number;
  headWidth: number;
  /** Rows of query, and of key and value. */
  rows: number;
  contextRows: number;
}

/** Splits each row into heads that lie side by side in it: `[1, rows, heads × headWidth]` → `[1, heads, rows, headWidth]`. */
const splitHeads = (net: Network, x: string, rows: number, heads: number, headWidth: number): string =>
  transpose(net, reshape(net, x, [1, rows, heads, headWidth]), 0, 2, 1, 3);

/** Attention of queries over keys and values, all split by head. @returns `[1, rows, heads × headWidth]`. */
function attend(
  net: Network,
  [queries, keys, values]: readonly [string, string, string],
  { heads, headWidth, rows }: AttentionShape,
  causal: boolean,
): string {
  const scale = net.constant([1 / Math.sqrt(headWidth)], 'float16', []);
  let scores = net.op('Mul', [net.op('MatMul', [queries, transpose(net, keys, 0, 1, 3, 2)]), scale]);
  if (causal) {
    const mask = Array.from({ length: rows * rows }, (_, i) => (i % rows > Math.floor(i / rows) ? -60000 : 0));
    scores = net.op('Add', [scores, net.constant(mask, 'float16', [1, 1, rows, rows])]);
  }
  const shares = net.op('Softmax', [scores], { axis: int(-1) });
  const mixed = net.op('MatMul', [shares, values]);
  return reshape(net, transpose(net, mixed, 0, 2, 1, 3), [1, rows, heads * headWidth]);
}

/**
 * Attention of projected queries over projected keys and values, all `[1, rows, heads × headWidth]`.
 * @param turn applied to queries and keys, split by head: rotary positions.
 */
export function attention(
  net: Network,
  [q, k, v]: readonly [string, string, string],
  shape: AttentionShape,
  options: { causal?: boolean; turn?: (x: string) => string } = {},
): string {
  const { heads, headWidth, rows, contextRows } = shape;
  const turn = options.turn ?? ((x: string) => x);
  const queries = turn(splitHeads(net, q, rows, heads, headWidth));
  const keys = turn(splitHeads(net, k, contextRows, heads, headWidth));
  return attend(
    net,
    [queries, keys, splitHeads(net, v, contextRows, heads, headWidth)],
    shape,
    options.causal ?? false,
  );
}

/** Several projections of one input as one linear layer, split by head. @returns each `[1, heads, rows, headWidth]`. */
function projections(
  net: Network,
  name: string,
  x: { name: string; width: number; rows: number },
  parts: readonly string[],
  { heads, headWidth }: AttentionShape,
  bias: boolean,
): readonly string[] {
  const all = linear(net, `${name}.${parts.join('')}`, x.name, x.width, parts.length * heads * headWidth, bias);
  const split = splitHeads(net, all, x.rows, parts.length * heads, headWidth);
  const sizes = net.constant(Array(parts.length).fill(heads), 'int64');
  const names = parts.map((part) => `${name}.${part}`);
  return net.ops('Split', [split, sizes], { axis: int(1) }, names);
}

/** Attention of an input over itself, its three projections one layer, as ViT and GPT-2 are published. */
export function selfAttention(net: Network, name: string, x: string, shape: AttentionShape, causal: boolean): string {
  const input = { name: x, width: shape.heads * shape.headWidth, rows: shape.rows };
  const [queries = '', keys = '', values = ''] = projections(net, name, input, ['q', 'k', 'v'], shape, true);
  return attend(net, [queries, keys, values], shape, causal);
}

/**
 * Attention of projected queries `[1, rows, heads × headWidth]` over a context, whose keys and values are one layer: of two,
 * TensorRT-RTX moves what each gives by a kernel of its own, and the engine has the source of every one.
 */
export function crossAttention(
  net: Network,
  name: string,
  q: string,
  context: { name: string; width: number },
  shape: AttentionShape,
): string {
  const { heads, headWidth, rows, contextRows } = shape;
  const input = { ...context, rows: contextRows };
  const [keys = '', values = ''] = projections(net, name, input, ['k', 'v'], shape, false);
  return attend(net, [splitHeads(net, q, rows, heads, headWidth), keys, values], shape, false);
}
