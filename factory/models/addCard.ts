/** Writes card, converter and tool of an added network, from the facts of its file and the options of `refit add`. Pure. */
import type { ModelCard, Source } from '../../app/catalog';

/** Facts of an ONNX file, as inspect_onnx.py finds them. */
export interface OnnxFacts {
  /** Bytes of the file and of its data in other files. */
  bytes: number;
  precision: 'float16' | 'float32';
  /** The input's name in the file. */
  input: string;
  layout: 'planes' | 'rows' | 'pixels';
  /** Height and width, where the network takes only these. */
  fixed: [number, number] | null;
  /** Height and width of the picture that gave the outputs' shapes. */
  tried: [number, number];
  outputs: { name: string; dtype: string; shape: number[] }[];
}

/** How a byte becomes what the network was trained on (factory/models/wrap.py). */
export const valueRanges = ['unit', 'bytes', 'signed', 'imagenet'] as const;

export interface AddOptions {
  id: string;
  name?: string;
  summary?: string;
  order: number;
  values: (typeof valueRanges)[number];
  /** Input shapes, best first; chosen for the network where none are given. */
  profiles: { height: number; width: number }[];
  /** Treat a network that gives a picture back like one that gives numbers back. */
  whole: boolean;
  overlap: number;
  spdx: string;
  holder: string;
}

/** A card without what only preparing tells: the bytes and hash of the ONNX, and the bounds of numbers. */
export type Draft = Omit<ModelCard, 'onnx' | 'errorBoundReason'>;

/** @throws Error in words for the person, where the network and the options do not go together. */
export function draftCard(
  facts: OnnxFacts,
  options: AddOptions,
  origin: string,
  sources: Draft['sources'],
  sample: Draft['sample'],
): Draft {
  const { id, order, spdx, holder, profiles, overlap } = options;
  const scale = options.whole ? null : scaleOf(facts);
  if (
    facts.fixed &&
    profiles.length > 0 &&
    profiles.some(({ height, width }) => `${[height, width]}` !== `${facts.fixed}`)
  )
    throw new Error(`The network takes pictures of ${facts.fixed[1]} × ${facts.fixed[0]} only.`);
  const [fixed] = facts.fixed ? [{ height: facts.fixed[0], width: facts.fixed[1] }] : [];
  const usual = scale === null ? { height: 512, width: 512 } : { height: 256, width: 256 };
  const shapes = profiles.length > 0 ? profiles : [fixed ?? usual];
  if (scale !== null && fixed && fixed.height !== fixed.width)
    throw new Error(`Tiles are square; the network takes ${fixed.width} × ${fixed.height} only. Use --whole.`);
  return {
    id,
    name: options.name ?? id,
    summary: options.summary ?? `Runs ${id} on a picture.`,
    order,
    licence: { spdx, holder, origin },
    sources,
    flow:
      scale === null
        ? { kind: 'whole', fit: 'contain' }
        : {
            kind: 'tiles',
            scale,
            overlap: Math.min(overlap, overlapOf(shapes)),
            cpuTile: fixed?.width ?? Math.max(128, 4 * overlap),
          },
    outputs: keptOutputs(facts, scale).map(({ name, dtype }) => ({
      name: plainName(name),
      dtype: scale !== null || dtype === 'uint8' ? 'uint8' : 'float32',
      maxAbsError: 4,
    })),
    cudaGraph: false,
    profiles: shapes.map(({ height, width }) => ({
      id: height === width ? `${scale === null ? 'square' : 'tile'}${width}` : `shape${width}x${height}`,
      height,
      width,
      vramBytes: vramGuess(facts.bytes, height * width),
    })),
    sample,
  };
}

/** Writes the `convert.py` of an added model. */
export function convertScript(facts: OnnxFacts, options: AddOptions, draft: Draft, file: string): string {
  const scale = draft.flow.kind === 'tiles' ? draft.flow.scale : null;
  const outputs = keptOutputs(facts, scale).map(({ name }) => `${text(name)}: ${text(plainName(name))}`);
  return `"""Made by \`refit add\` and yours to change: docs/adding-a-model.md says what this must return."""

from pathlib import Path

from onnx import ModelProto

from wrap import wrap


def convert(sources: dict[str, Path]) -> ModelProto:
    return wrap(
        sources[${text(file)}],
        input=${text(facts.input)},
        layout=${text(facts.layout)},
        values=${text(options.values)},
        outputs={${outputs.join(', ')}},
        scale=${scale ?? 'None'},
    )
`;
}

/** The `tool.ts` of a model without tiles: shows the first output as a picture, until somebody writes what the outputs mean. */
export const toolScript = `/** Made by \`refit add\` and yours to change: shows the first output, brightest to darkest, as grey. */
import { fitSize } from '../../app/fit';
import { asNumbers } from '../../app/numbers';
import type { Tool } from '../tool';

export const tool: Tool = {
  async finish({ picture, outputs, fit, input }) {
    const output = outputs[0];
    if (!output) throw new Error('Expected an output but received none');
    const values = asNumbers(output.bytes, output.dtype);
    // The first two sides above 3 are taken for height and width: [1, 1, H, W], [1, H, W, 1] and [1, H, W] alike.
    const [height = 1, width = 1] = output.shape.filter((side) => side > 3);
    let least = Number.POSITIVE_INFINITY;
    let most = Number.NEGATIVE_INFINITY;
    for (const value of values) {
      least = Math.min(least, value);
      most = Math.max(most, value);
    }
    // Without the bars that a picture of another shape got.
    const part = fitSize(fit, picture, input);
    const right = Math.max(1, Math.round((part.width / input.width) * width));
    const bottom = Math.max(1, Math.round((part.height / input.height) * height));
    const bytes = new Uint8Array(right * bottom * 3);
    for (let y = 0; y < bottom; y++)
      for (let x = 0; x < right; x++) {
        const value = values[y * width + x] ?? least;
        bytes.fill(((value - least) / (most - least || 1)) * 255, (y * right + x) * 3, (y * right + x + 1) * 3);
      }
    return { answer: { kind: 'picture', width: right, height: bottom, bytes }, note: null };
  },
};
`;

/** The picture that a model is tried on where none is given: small, and in the public domain. */
export const usualSample: Draft['sample'] = {
  file: 'rocket.jpg',
  licence: 'Public domain, SpaceX',
  source: {
    registry: 'pypi',
    package: 'scikit-image',
    version: '0.26.0',
    wheel: { platform: 'manylinux_2_28_x86_64', python: '3.11' },
    file: 'skimage/data/rocket.jpg',
    bytes: 112525,
    sha256: 'c2dd0de7c538df8d111e479619b129464d0269d0ae5fd18ca91d33a7fdfea95c',
  } satisfies Source,
};

/** How many times larger the picture comes back; null where no picture comes back. */
export function scaleOf({ outputs, tried, layout }: OnnxFacts): number | null {
  const [output] = outputs;
  if (!output || outputs.length > 1 || output.shape.length !== 4) return null;
  const [, a, b, c, d = 0] = [0, ...output.shape];
  const [height, width, channels] = layout === 'planes' ? [c ?? 0, d, b] : [b ?? 0, c ?? 0, d];
  const scale = height / tried[0];
  const isPicture = a === 1 && channels === 3 && width / tried[1] === scale;
  return isPicture && Number.isInteger(scale) && scale >= 1 && scale <= 8 ? scale : null;
}

const keptOutputs = (facts: OnnxFacts, scale: number | null) =>
  scale === null ? facts.outputs : facts.outputs.slice(0, 1);

/** A name for files and the card, of letters, digits and . _ - only. */
const plainName = (name: string): string =>
  name.replaceAll(/[^A-Za-z0-9._-]+/g, '-').replace(/^[^A-Za-z0-9]+/, '') || 'output';

const overlapOf = (shapes: { height: number; width: number }[]): number =>
  Math.min(...shapes.map(({ height, width }) => Math.floor((Math.min(height, width) - 1) / 4)));

/** A guess on the safe side, until \`npm run test:gpu\` measures: the weights twice and 8 KB for each pixel. */
const vramGuess = (weightBytes: number, pixels: number): number =>
  Math.ceil((2 * weightBytes + 8192 * pixels + 500e6) / 100e6) * 100e6;

/** A text as a Python string, which JSON's strings are too. */
const text = (value: string): string => JSON.stringify(value);
