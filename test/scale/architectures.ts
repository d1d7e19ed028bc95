/** The networks of the scale report, with their published dimensions; tests use small ones of the same code. */
import { attention, conv, gelu, layerNorm, linear, reshape, rmsNorm, selfAttention, transpose } from './layers';
import { Network } from './network';
import { unet } from './unet';

interface ResNet {
  image: number;
  width: number;
  blocks: readonly number[];
  classes: number;
}

function resNet({ image, width, blocks, classes }: ResNet): Network {
  const net = new Network('resnet');
  const relu = (x: string) => net.op('Relu', [x]);
  let x = net.input('pixels', 'float16', [1, 3, image, image]);
  x = relu(conv(net, 'stem', x, { from: 3, to: width, kernel: 7, stride: 2 }));
  x = net.op('MaxPool', [x], {
    kernel_shape: { ints: [3, 3] },
    strides: { ints: [2, 2] },
    pads: { ints: [1, 1, 1, 1] },
  });
  let from = width;
  for (const [stage, count] of blocks.entries()) {
    const inner = width << stage;
    const to = inner * 4;
    for (let block = 0; block < count; block++) {
      const name = `stage${stage}.block${block}`;
      const stride = stage > 0 && block === 0 ? 2 : 1;
      const short = block === 0 ? conv(net, `${name}.down`, x, { from, to, kernel: 1, stride }) : x;
      let y = relu(conv(net, `${name}.conv1`, x, { from, to: inner, kernel: 1 }));
      y = relu(conv(net, `${name}.conv2`, y, { from: inner, to: inner, kernel: 3, stride }));
      y = conv(net, `${name}.conv3`, y, { from: inner, to, kernel: 1 });
      x = relu(net.op('Add', [y, short]));
      from = to;
    }
  }
  const pooled = reshape(net, net.op('GlobalAveragePool', [x]), [1, from]);
  net.output(linear(net, 'classes', pooled, from, classes), 'scores', 'float16', [1, classes]);
  return net;
}

interface ViT {
  image: number;
  patch: number;
  width: number;
  layers: number;
  heads: number;
  classes: number;
}

function viT({ image, patch, width, layers, heads, classes }: ViT): Network {
  const net = new Network('vit');
  const patches = (image / patch) ** 2;
  const rows = patches + 1;
  const pixels = net.input('pixels', 'float16', [1, 3, image, image]);
  // A linear layer of each patch's pixels, as in the paper (Dosovitskiy et al. 2021, equation 1). A convolution would do the same, but
  // TensorRT-RTX's source of that kernel is 0.6 MB, a tenth of ViT-L's stripped engine.
  const side = image / patch;
  const inner = 3 * patch * patch;
  const cut = transpose(net, reshape(net, pixels, [1, 3, side, patch, side, patch]), 0, 2, 4, 1, 3, 5);
  let x = linear(net, 'patches', reshape(net, cut, [1, patches, inner]), inner, width);
  x = net.op('Concat', [net.weight('class', [1, 1, width]), x], { axis: { int: 1 } });
  x = net.op('Add', [x, net.weight('positions', [1, rows, width])]);
  for (let i = 0; i < layers; i++) x = block(net, `layer${i}`, x, { width, heads, rows, causal: false });
  // Only the class token's row is used, so only that is normalized.
  const first = net.op('Gather', [x, net.constant([0], 'int64', [])], { axis: { int: 1 } });
  const normal = layerNorm(net, 'norm', first, width);
  net.output(linear(net, 'classes', normal, width, classes), 'scores', 'float16', [1, classes]);
  return net;
}

interface Block {
  width: number;
  heads: number;
  rows: number;
  causal: boolean;
}

/** A transformer block with layer norms before and a GELU between: ViT's and GPT-2's. */
function block(net: Network, name: string, x: string, { width, heads, rows, causal }: Block): string {
  const shape = { heads, headWidth: width / heads, rows, contextRows: rows };
  const normal = layerNorm(net, `${name}.norm1`, x, width);
  const mixed = selfAttention(net, name, normal, shape, causal);
  const attended = net.op('Add', [x, linear(net, `${name}.out`, mixed, width, width)]);
  const wide = gelu(net, linear(net, `${name}.up`, layerNorm(net, `${name}.norm2`, attended, width), width, width * 4));
  return net.op('Add', [attended, linear(net, `${name}.down`, wide, width * 4, width)]);
}

interface Gpt2 {
  rows: number;
  width: number;
  layers: number;
  heads: number;
  words: number;
  positions: number;
}

function gpt2({ rows, width, layers, heads, words, positions }: Gpt2): Network {
  const net = new Network('gpt2');
  const ids = net.input('ids', 'int64', [1, rows]);
  const embedding = net.weight('words', [words, width]);
  const places = net.op('Gather', [
    net.weight('positions', [positions, width]),
    net.constant([...Array(rows).keys()], 'int64', [1, rows]),
  ]);
  let x = net.op('Add', [net.op('Gather', [embedding, ids]), places]);
  for (let i = 0; i < layers; i++) x = block(net, `layer${i}`, x, { width, heads, rows, causal: true });
  x = layerNorm(net, 'norm', x, width);
  // The same weights once more: GPT-2 ties input and output embeddings.
  net.output(net.op('MatMul', [x, transpose(net, embedding, 1, 0)]), 'scores', 'float16', [1, rows, words]);
  return net;
}

interface Llama {
  rows: number;
  width: number;
  inner: number;
  layers: number;
  heads: number;
  words: number;
}

function llama({ rows, width, inner, layers, heads, words }: Llama): Network {
  const net = new Network('llama');
  const headWidth = width / heads;
  const half = headWidth / 2;
  const angles = Array.from({ length: rows * headWidth }, (_, i) => {
    const row = Math.floor(i / headWidth);
    return row / 10000 ** ((i % half) / half);
  });
  const table = (f: (angle: number) => number) => net.constant(angles.map(f), 'float16', [1, 1, rows, headWidth]);
  const cos = table(Math.cos);
  const sin = table(Math.sin);
  let turns = 0;
  const turn = (x: string): string => {
    const name = `turn${turns++}`;
    const halves = net.constant([half, half], 'int64');
    const [left = '', right = ''] = net.ops('Split', [x, halves], { axis: { int: -1 } }, [`${name}.l`, `${name}.r`]);
    const swapped = net.op('Concat', [net.op('Neg', [right]), left], { axis: { int: -1 } });
    return net.op('Add', [net.op('Mul', [x, cos]), net.op('Mul', [swapped, sin])]);
  };
  let x = net.op('Gather', [net.weight('words', [words, width]), net.input('ids', 'int64', [1, rows])]);
  for (let i = 0; i < layers; i++) {
    const name = `layer${i}`;
    const plain = (part: string, from: string, a: number, b: number) =>
      linear(net, `${name}.${part}`, from, a, b, false);
    const normal = rmsNorm(net, `${name}.norm1`, x, width);
    const parts = [
      plain('q', normal, width, width),
      plain('k', normal, width, width),
      plain('v', normal, width, width),
    ];
    const shape = { heads, headWidth, rows, contextRows: rows };
    const mixed = attention(net, parts as [string, string, string], shape, { causal: true, turn });
    x = net.op('Add', [x, plain('o', mixed, width, width)]);
    const second = rmsNorm(net, `${name}.norm2`, x, width);
    const gate = plain('gate', second, width, inner);
    const open = net.op('Mul', [gate, net.op('Sigmoid', [gate])]);
    x = net.op('Add', [x, plain('down', net.op('Mul', [open, plain('up', second, width, inner)]), inner, width)]);
  }
  x = rmsNorm(net, 'norm', x, width);
  net.output(linear(net, 'head', x, width, words, false), 'scores', 'float16', [1, rows, words]);
  return net;
}

/** Each full network and a tiny one of the same code. */
export const architectures = {
  'resnet-50': {
    full: () => resNet({ image: 224, width: 64, blocks: [3, 4, 6, 3], classes: 1000 }),
    tiny: () => resNet({ image: 64, width: 8, blocks: [1, 1, 1, 1], classes: 10 }),
  },
  'vit-b': {
    full: () => viT({ image: 224, patch: 16, width: 768, layers: 12, heads: 12, classes: 1000 }),
    tiny: () => viT({ image: 32, patch: 16, width: 48, layers: 2, heads: 3, classes: 10 }),
  },
  'vit-l': {
    full: () => viT({ image: 224, patch: 16, width: 1024, layers: 24, heads: 16, classes: 1000 }),
    tiny: () => viT({ image: 32, patch: 16, width: 64, layers: 2, heads: 4, classes: 10 }),
  },
  'gpt2-xl': {
    full: () => gpt2({ rows: 128, width: 1600, layers: 48, heads: 25, words: 50257, positions: 1024 }),
    tiny: () => gpt2({ rows: 16, width: 64, layers: 2, heads: 4, words: 100, positions: 32 }),
  },
  'sdxl-unet': {
    full: () => unet({ side: 128, width: 320, depths: [0, 2, 10], contextRows: 77, contextWidth: 2048, labels: 2816 }),
    tiny: () => unet({ side: 16, width: 32, depths: [0, 1, 1], contextRows: 7, contextWidth: 32, labels: 24 }),
  },
  'llama-7b': {
    full: () => llama({ rows: 128, width: 4096, inner: 11008, layers: 32, heads: 32, words: 32000 }),
    tiny: () => llama({ rows: 16, width: 64, inner: 160, layers: 2, heads: 4, words: 100 }),
  },
} as const;

export type ScaleModel = keyof typeof architectures;
export const scaleModels = Object.keys(architectures) as ScaleModel[];
