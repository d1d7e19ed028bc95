/**
 * Writes an ONNX network with random weights: the graph into `model.onnx`, the weights beside it into `weights.bin`
 * (external data), streamed, so that 13 GB take as long as the disk does. An engine's size and times do not depend on the values of
 * its weights, but two equal tensors would change them, so no two tensors get the same values.
 *
 * Weights of one shape lie together in a tensor that is cut at the start, as factory/models/gather.py does it and for its reasons.
 */
import { mkdir, open, writeFile } from 'node:fs/promises';
import path from 'node:path';
import protobuf from 'protobufjs/minimal.js';

type Dtype = 'float16' | 'float32' | 'int64';
/** ONNX's element types, and bytes an element. */
const types = {
  float16: { code: 10, bytes: 2 },
  float32: { code: 1, bytes: 4 },
  int64: { code: 7, bytes: 8 },
} as const;

/** An attribute of a node: a whole number, a fraction, or whole numbers. */
export type Attribute = { int: number } | { float: number } | { ints: readonly number[] };

interface Weight {
  name: string;
  shape: readonly number[];
  kind: 'random' | 'ones';
  bytes: number;
}

/** Weights that lie together: those of one shape, or vectors of any length. */
interface Group {
  name: string;
  /** Shape of the tensor that holds them all. */
  shape: readonly number[];
  weights: Weight[];
  /** Offset in the file. */
  offset: number;
  bytes: number;
}

/**
 * Limit on a group, since a refit holds it on the GPU beside what is made of it: a 7 B decoder's weights in one group would take twice
 * their memory.
 */
const maxGroupBytes = 256 * 1024 * 1024;

const isVector = (shape: readonly number[]): boolean => shape.filter((side) => side > 1).length <= 1;

/** External data is read by page, so tensors start at a page. */
const alignment = 4096;
const align = (offset: number): number => Math.ceil(offset / alignment) * alignment;

export class Network {
  private readonly nodes: Uint8Array[] = [];
  private readonly constants: Uint8Array[] = [];
  private readonly inputs: Uint8Array[] = [];
  private readonly outputs: Uint8Array[] = [];
  private readonly weights: Weight[] = [];
  private readonly shared = new Map<string, string>();
  private next = 0;

  constructor(private readonly name: string) {}

  /** Values of all weights, in bytes. */
  get weightBytes(): number {
    return this.weights.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  input(name: string, dtype: Dtype, shape: readonly number[]): string {
    this.inputs.push(valueInfo(name, dtype, shape));
    return name;
  }

  output(tensor: string, name: string, dtype: Dtype, shape: readonly number[]): void {
    this.op('Identity', [tensor], {}, name);
    this.outputs.push(valueInfo(name, dtype, shape));
  }

  /** A float16 weight outside the file, in `weights.bin`. @returns its name. */
  weight(name: string, shape: readonly number[], kind: Weight['kind'] = 'random'): string {
    this.weights.push({ name, shape, kind, bytes: elements(shape) * types.float16.bytes });
    return name;
  }

  /** A small constant inside the file; equal ones are one. @returns its name. */
  constant(values: readonly number[], dtype: Dtype, shape: readonly number[] = [values.length]): string {
    const same = JSON.stringify([values, dtype, shape]);
    const known = this.shared.get(same);
    if (known !== undefined) return known;
    const name = `constant_${this.next++}`;
    this.shared.set(same, name);
    this.constants.push(tensor(name, dtype, shape, (writer) => writer.uint32(field(9)).bytes(encode(values, dtype))));
    return name;
  }

  /** Adds a node. @returns its output's name. */
  op(operator: string, inputs: readonly string[], attributes: Record<string, Attribute> = {}, output?: string): string {
    const [only] = this.ops(operator, inputs, attributes, [output ?? `${operator}_${this.next++}`]);
    return only ?? '';
  }

  /** The same with several outputs. */
  ops(
    operator: string,
    inputs: readonly string[],
    attributes: Record<string, Attribute>,
    outputs: readonly string[],
  ): readonly string[] {
    this.nodes.push(node(`node_${this.nodes.length}`, operator, inputs, attributes, outputs));
    return outputs;
  }

  /**
   * @param together whether weights of one shape lie in one tensor.
   * @returns bytes of both files.
   */
  async write(folder: string, together = true): Promise<number> {
    await mkdir(folder, { recursive: true });
    const groups = this.groups(together ? maxGroupBytes : 0);
    const weightBytes = await writeWeights(path.join(folder, 'weights.bin'), groups);
    const model = this.encode(groups);
    await writeFile(path.join(folder, 'model.onnx'), model);
    return model.byteLength + weightBytes;
  }

  private groups(mostBytes: number): Group[] {
    const groups: Group[] = [];
    const open = new Map<string, Group>();
    for (const weight of this.weights) {
      const { shape, bytes } = weight;
      const key = isVector(shape) ? 'vectors' : shape.join(' ');
      let group = open.get(key);
      if (!group || group.bytes + bytes > mostBytes) {
        group = { name: `group_${groups.length}`, shape: [], weights: [], offset: 0, bytes: 0 };
        groups.push(group);
        open.set(key, group);
      }
      group.weights.push(weight);
      group.bytes += bytes;
    }
    let end = 0;
    for (const group of groups) {
      const { bytes, weights } = group;
      const [only] = weights;
      const [first = 0, ...rest] = only?.shape ?? [];
      group.offset = end;
      if (only && weights.length === 1) {
        group.name = only.name;
        group.shape = only.shape;
      } else if (isVector([first, ...rest])) group.shape = [bytes / types.float16.bytes];
      else group.shape = [first * weights.length, ...rest];
      end = align(end + bytes);
    }
    return groups;
  }

  /**
   * What cuts a group into its weights. Before the cut something is to be computed, else TensorRT-RTX makes a kernel for each of
   * them: Identity was seen to be enough for matrices, a convolution's kernels go through casts as in factory/models/gather.py. Vectors stay
   * in the engine; as rows of a matrix they do not, but large networks then take minutes longer to build.
   */
  private cut({ name, shape, weights }: Group): Uint8Array[] {
    if (weights.length === 1) return [];
    const isFlat = shape.length === 1;
    const sizes = weights.map((weight) => (isFlat ? elements(weight.shape) : (weight.shape[0] ?? 0)));
    const flat = (weight: Weight): string => (isFlat && weight.shape.length > 1 ? `${weight.name}.flat` : weight.name);
    const whole = `${name}.whole`;
    const computed =
      shape.length === 4
        ? [
            node(`${name}.widen`, 'Cast', [name], { to: { int: types.float32.code } }, [`${name}.wide`]),
            node(`${name}.narrow`, 'Cast', [`${name}.wide`], { to: { int: types.float16.code } }, [whole]),
          ]
        : [node(`${name}.same`, 'Identity', [name], {}, [whole])];
    return [
      ...computed,
      node(`${name}.cut`, 'Split', [whole, this.constant(sizes, 'int64')], { axis: { int: 0 } }, weights.map(flat)),
      ...weights
        .filter((weight) => flat(weight) !== weight.name)
        .map((weight) =>
          node(`${weight.name}.shape`, 'Reshape', [flat(weight), this.constant(weight.shape, 'int64')], {}, [
            weight.name,
          ]),
        ),
    ];
  }

  private encode(groups: readonly Group[]): Uint8Array {
    const graph = new protobuf.Writer();
    for (const node of [...groups.flatMap((group) => this.cut(group)), ...this.nodes])
      graph.uint32(field(1)).bytes(node);
    graph.uint32(field(2)).string(this.name);
    for (const constant of this.constants) graph.uint32(field(5)).bytes(constant);
    for (const { name, shape, offset, bytes } of groups)
      graph.uint32(field(5)).bytes(
        tensor(name, 'float16', shape, (writer) => {
          for (const [key, value] of Object.entries({ location: 'weights.bin', offset, length: bytes })) {
            const entry = new protobuf.Writer()
              .uint32(field(1))
              .string(key)
              .uint32(field(2))
              .string(`${value}`)
              .finish();
            writer.uint32(field(13)).bytes(entry);
          }
          return writer.uint32(number(14)).int32(1);
        }),
      );
    for (const input of this.inputs) graph.uint32(field(11)).bytes(input);
    for (const output of this.outputs) graph.uint32(field(12)).bytes(output);
    const opset = new protobuf.Writer().uint32(field(1)).string('').uint32(number(2)).int64(17).finish();
    const model = new protobuf.Writer().uint32(number(1)).int64(8).uint32(field(8)).bytes(opset);
    return model.uint32(field(7)).bytes(graph.finish()).finish();
  }
}

/** @returns bytes written. */
async function writeWeights(file: string, groups: readonly Group[]): Promise<number> {
  const block = randomBlock();
  const ones = Buffer.from(new Uint16Array(1 << 20).fill(0x3c00).buffer);
  const handle = await open(file, 'w');
  try {
    let index = 0;
    let end = 0;
    for (const { offset, weights } of groups) {
      end = offset;
      for (const { bytes, kind } of weights) {
        const source = kind === 'ones' ? ones : block;
        // Another place of the block for each tensor, even, so that none equals another.
        let from = kind === 'ones' ? 0 : (index++ * 7_919_014) % (block.byteLength - alignment);
        for (let done = 0; done < bytes; from = 0) {
          const part = Math.min(bytes - done, source.byteLength - from);
          await handle.write(source, from, part, end + done);
          done += part;
        }
        end += bytes;
      }
    }
    return end;
  } finally {
    await handle.close();
  }
}

/** Float16 values of either sign from 1/128 to 1/16: small enough that no network overflows. */
function randomBlock(): Buffer {
  const values = new Uint16Array((1 << 25) + 4099);
  let state = 0x2545f491;
  for (let i = 0; i < values.length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    const exponent = 8 + ((state >>> 11) % 3);
    values[i] = ((state & 1) << 15) | (exponent << 10) | ((state >>> 16) & 0x3ff);
  }
  return Buffer.from(values.buffer);
}

// Protocol Buffers: a field is (number << 3 | kind), kind 0 a number, 2 bytes of a length, 5 four bytes.
const number = (id: number): number => id << 3;
const field = (id: number): number => (id << 3) | 2;
const fixed32 = (id: number): number => (id << 3) | 5;

const elements = (shape: readonly number[]): number => shape.reduce((product, side) => product * side, 1);

function node(
  name: string,
  operator: string,
  inputs: readonly string[],
  attributes: Record<string, Attribute>,
  outputs: readonly string[],
): Uint8Array {
  const writer = new protobuf.Writer();
  for (const input of inputs) writer.uint32(field(1)).string(input);
  for (const output of outputs) writer.uint32(field(2)).string(output);
  writer.uint32(field(3)).string(name).uint32(field(4)).string(operator);
  for (const [key, value] of Object.entries(attributes)) writer.uint32(field(5)).bytes(attribute(key, value));
  return writer.finish();
}

function attribute(name: string, value: Attribute): Uint8Array {
  const writer = new protobuf.Writer().uint32(field(1)).string(name);
  if ('float' in value) return writer.uint32(fixed32(2)).float(value.float).uint32(number(20)).int32(1).finish();
  if ('int' in value) return writer.uint32(number(3)).int64(value.int).uint32(number(20)).int32(2).finish();
  for (const int of value.ints) writer.uint32(number(8)).int64(int);
  return writer.uint32(number(20)).int32(7).finish();
}

function tensor(
  name: string,
  dtype: Dtype,
  shape: readonly number[],
  values: (writer: protobuf.Writer) => protobuf.Writer,
): Uint8Array {
  const writer = new protobuf.Writer();
  for (const side of shape) writer.uint32(number(1)).int64(side);
  writer.uint32(number(2)).int32(types[dtype].code).uint32(field(8)).string(name);
  return values(writer).finish();
}

function valueInfo(name: string, dtype: Dtype, shape: readonly number[]): Uint8Array {
  const sides = new protobuf.Writer();
  for (const side of shape) sides.uint32(field(1)).bytes(new protobuf.Writer().uint32(number(1)).int64(side).finish());
  const type = new protobuf.Writer().uint32(number(1)).int32(types[dtype].code);
  const tensorType = type.uint32(field(2)).bytes(sides.finish()).finish();
  const outer = new protobuf.Writer().uint32(field(1)).bytes(tensorType).finish();
  return new protobuf.Writer().uint32(field(1)).string(name).uint32(field(2)).bytes(outer).finish();
}

function encode(values: readonly number[], dtype: Dtype): Uint8Array {
  if (dtype === 'int64') return new Uint8Array(BigInt64Array.from(values, BigInt).buffer);
  if (dtype === 'float32') return new Uint8Array(Float32Array.from(values).buffer);
  return new Uint8Array(Uint16Array.from(values, float16).buffer);
}

/** Nearest float16 of a number in its normal range, or zero. */
function float16(value: number): number {
  const bits = new Uint32Array(Float32Array.of(value).buffer)[0] ?? 0;
  const sign = (bits >>> 16) & 0x8000;
  const exponent = ((bits >>> 23) & 0xff) - 127 + 15;
  if (exponent <= 0) return sign;
  if (exponent >= 31) throw new RangeError(`Expected a float16 but received ${value}`);
  // Rounding may carry into the exponent, which is right.
  return sign + (exponent << 10) + (((bits & 0x7fffff) + 0x1000) >>> 13);
}
