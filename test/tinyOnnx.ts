/**
 * A whole ONNX file for tests, a few kilobytes, pixels in and pixels out like the real ones: uint8 NHWC → Cast → Transpose →
 * Conv 3×3 → Conv 1×1 → Clip → Transpose → Cast. Encoded by hand, so that the addon's tests need no ONNX package.
 */

export interface TinyNetwork {
  /** Output = input with channels reversed × `factor` + `offset`, clipped to 0…255. */
  factor: number;
  offset: number;
  /** Channels between the two convolutions, 3 or more: another number makes an engine of another structure. */
  channels?: number;
  /** Dimensions of the input; text is a dynamic one. */
  inputShape?: (number | string)[];
}

/** What the network gives for a pixel; exact for even inputs and factors that are powers of two. */
export function expectedPixels(pixels: Uint8Array, { factor, offset }: TinyNetwork): Uint8Array {
  return pixels.map((_, i) => {
    const reversed = pixels[i - (i % 3) + (2 - (i % 3))] ?? 0;
    return Math.floor(Math.min(255, Math.max(0, reversed * factor + offset)));
  });
}

/** @returns the ONNX file, its weights inside. */
export function tinyOnnx(network: TinyNetwork): Uint8Array {
  return encode(network);
}

/** The same with its weights outside: `data` is to lie beside the ONNX file, named `weights.bin`. */
export function tinyOnnxWithData(network: TinyNetwork): { onnx: Uint8Array; data: Uint8Array } {
  const data: number[] = [];
  const onnx = encode(network, data);
  return { onnx, data: Uint8Array.from(data) };
}

/** A network that makes each pixel a square of `scale` × `scale`, in uint8 throughout: as fast as one of this shape can be. */
export function nearestOnnx(scale: number, output: string): Uint8Array {
  const attributes = [
    textAttribute('coordinate_transformation_mode', 'asymmetric'),
    textAttribute('mode', 'nearest'),
    textAttribute('nearest_mode', 'floor'),
  ];
  return model([
    bytesField(1, node('Resize', ['pixels', '', 'scales'], output, attributes)),
    textField(2, 'nearest'),
    bytesField(5, tensor('scales', [4], new Float32Array([1, scale, scale, 1]))),
    bytesField(11, valueInfo('pixels', [1, 'height', 'width', 3])),
    bytesField(12, valueInfo(output, [1, 'higher', 'wider', 3])),
  ]);
}

function encode(network: TinyNetwork, outside?: number[]): Uint8Array {
  const { factor, offset, channels = 16, inputShape = [1, 'height', 'width', 3] } = network;
  const first = new Float32Array(channels * 3 * 9);
  // The middle of each 3×3 kernel passes one channel on, in reverse; channels past the third stay 0.
  for (let c = 0; c < 3; c++) first[(c * 3 + (2 - c)) * 9 + 4] = 1;
  const second = new Float32Array(3 * channels);
  for (let c = 0; c < 3; c++) second[c * channels + c] = factor;

  const nodes = [
    node('Cast', ['pixels'], 'float', [intAttribute('to', FLOAT)]),
    node('Transpose', ['float'], 'planes', [intsAttribute('perm', [0, 3, 1, 2])]),
    node('Conv', ['planes', 'first.weight'], 'features', [intsAttribute('pads', [1, 1, 1, 1])]),
    node('Conv', ['features', 'second.weight', 'second.bias'], 'colours', []),
    node('Clip', ['colours', 'least', 'most'], 'clipped', []),
    // The cast comes last: TensorRT takes uint8 at the network's ends only.
    node('Transpose', ['clipped'], 'interleaved', [intsAttribute('perm', [0, 2, 3, 1])]),
    node('Cast', ['interleaved'], 'changed', [intAttribute('to', UINT8)]),
  ];
  const weights = [
    tensor('first.weight', [channels, 3, 3, 3], first, outside),
    tensor('second.weight', [3, channels, 1, 1], second, outside),
    tensor('second.bias', [3], new Float32Array(3).fill(offset), outside),
    tensor('least', [], new Float32Array([0])),
    tensor('most', [], new Float32Array([255])),
  ];
  const graph = [
    ...nodes.map((each) => bytesField(1, each)),
    textField(2, 'tiny'),
    ...weights.map((each) => bytesField(5, each)),
    bytesField(11, valueInfo('pixels', inputShape)),
    bytesField(12, valueInfo('changed', inputShape)),
  ];
  return model(graph);
}

function model(graph: number[][]): Uint8Array {
  const opset = [textField(1, ''), numberField(2, 17)];
  return Uint8Array.from([...numberField(1, 8), ...bytesField(8, opset.flat()), ...bytesField(7, graph.flat())]);
}

// ONNX's element types.
const FLOAT = 1;
const UINT8 = 2;
/** Where a tensor's values lie. */
const EXTERNAL = 1;

// Protocol Buffers: a field is (number << 3 | kind), then a varint (kind 0) or a length and bytes (kind 2).
function varint(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))];
}
const numberField = (field: number, value: number): number[] => [...varint(field * 8), ...varint(value)];
const bytesField = (field: number, bytes: number[]): number[] => [
  ...varint(field * 8 + 2),
  ...varint(bytes.length),
  ...bytes,
];
const textField = (field: number, text: string): number[] => bytesField(field, [...new TextEncoder().encode(text)]);

const intAttribute = (name: string, value: number): number[] => [
  ...textField(1, name),
  ...numberField(3, value),
  ...numberField(20, 2),
];
const intsAttribute = (name: string, values: number[]): number[] => [
  ...textField(1, name),
  ...values.flatMap((value) => numberField(8, value)),
  ...numberField(20, 7),
];

const textAttribute = (name: string, value: string): number[] => [
  ...textField(1, name),
  ...textField(4, value),
  ...numberField(20, 3),
];

const node = (operator: string, inputs: string[], output: string, attributes: number[][]): number[] => [
  ...inputs.flatMap((input) => textField(1, input)),
  ...textField(2, output),
  ...textField(3, `${operator} ${output}`),
  ...textField(4, operator),
  ...attributes.flatMap((attribute) => bytesField(5, attribute)),
];

function tensor(name: string, shape: number[], values: Float32Array, outside?: number[]): number[] {
  const head = [
    ...shape.flatMap((dimension) => numberField(1, dimension)),
    ...numberField(2, FLOAT),
    ...textField(8, name),
  ];
  const bytes = [...new Uint8Array(values.buffer)];
  if (!outside) return [...head, ...bytesField(9, bytes)];
  const entry = (key: string, value: string | number) =>
    bytesField(13, [...textField(1, key), ...textField(2, `${value}`)]);
  const place = [
    ...entry('location', 'weights.bin'),
    ...entry('offset', outside.length),
    ...entry('length', bytes.length),
  ];
  outside.push(...bytes);
  return [...head, ...place, ...numberField(14, EXTERNAL)];
}

function valueInfo(name: string, shape: (number | string)[]): number[] {
  const dimensions = shape.map((dimension) =>
    typeof dimension === 'number' ? numberField(1, dimension) : textField(2, dimension),
  );
  const tensorType = [
    ...numberField(1, UINT8),
    ...bytesField(
      2,
      dimensions.flatMap((dimension) => bytesField(1, dimension)),
    ),
  ];
  return [...textField(1, name), ...bytesField(2, bytesField(1, tensorType))];
}
