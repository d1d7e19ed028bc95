/**
 * Reads what must be known of an ONNX file before the engine library sees it: where each initializer's values lie, whether the files
 * that it names are its own, and the hash of its graph without values. Reads Protocol Buffers' wire format and never the values
 * themselves, so that a large file costs as much as a small one.
 */
import { createHash } from 'node:crypto';
import { lstat, readFile, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import protobuf from 'protobufjs/minimal.js';
import { AppError } from '../app/errors';
import type { ExternalTensor, OnnxFile } from './binding';

/** An initializer whose values lie in the ONNX file itself. */
export interface InlineTensor {
  name: string;
  /** Where its values are in the file. */
  offset: number;
  bytes: number;
}

/** An initializer whose values lie in another file, as the ONNX file says it: not checked yet. */
interface NamedExternal {
  name: string;
  location: string;
  offset: number;
  /** None: to the file's end. */
  length: number | undefined;
}

export interface OnnxOutline {
  tensors: InlineTensor[];
  external: NamedExternal[];
}

// Field numbers of onnx.proto.
const Model = { graph: 7, functions: 25 } as const;
const Graph = { node: 1, initializer: 5, sparseInitializer: 15 } as const;
const FunctionProto = { node: 7 } as const;
const Node = { attribute: 5 } as const;
const Attribute = { tensor: 5, graph: 6, tensors: 10, graphs: 11, sparseTensor: 22, sparseTensors: 23 } as const;
const Sparse = { values: 1, indices: 2 } as const;
const Tensor = { name: 8, raw: 9, external: 13, location: 14 } as const;
/** float_data, int32_data, int64_data, double_data, uint64_data: values that are not raw. */
const typedValues = new Set([4, 5, 7, 10, 11]);
const Entry = { key: 1, value: 2 } as const;
const lengthDelimited = 2;
const isExternal = 1;

type Field = (field: number, reader: protobuf.Reader) => void;

/** Calls `take` for each length-delimited field with a reader that stands at its content; skips all others. */
function eachField(bytes: Uint8Array, start: number, end: number, take: Field, number?: Field): void {
  const reader = protobuf.Reader.create(bytes);
  reader.pos = start;
  while (reader.pos < end) {
    const tag = reader.uint32();
    if ((tag & 7) === lengthDelimited) {
      const length = reader.uint32();
      const next = reader.pos + length;
      if (next > end) throw new RangeError('it ends too early');
      const inner = protobuf.Reader.create(bytes);
      inner.pos = reader.pos;
      inner.len = next;
      take(tag >>> 3, inner);
      reader.pos = next;
    } else if ((tag & 7) === 0 && number) {
      number(tag >>> 3, reader);
    } else {
      reader.skipType(tag & 7);
    }
  }
  if (reader.pos !== end) throw new RangeError('it ends too early');
}

const text = (bytes: Uint8Array, { pos, len }: protobuf.Reader): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset + pos, len - pos).toString('utf8');

/**
 * Finds where each initializer's values lie.
 * @param file names it in errors.
 * @throws AppError ONNX_REFUSED for a file that is no ONNX file, or that names files which the engine library would open itself.
 */
export function outlineOnnx(bytes: Uint8Array, file: string): OnnxOutline {
  const outline: OnnxOutline = { tensors: [], external: [] };
  let hasGraph = false;

  const tensor = (start: number, end: number, isInitializer: boolean): void => {
    let name = '';
    const values: { offset: number; bytes: number }[] = [];
    const entries = new Map<string, string>();
    let location = 0;
    eachField(
      bytes,
      start,
      end,
      (field, inner) => {
        if (field === Tensor.name) name = text(bytes, inner);
        else if (field === Tensor.raw || typedValues.has(field))
          values.push({ offset: inner.pos, bytes: inner.len - inner.pos });
        else if (field === Tensor.external) {
          let key = '';
          let value = '';
          eachField(bytes, inner.pos, inner.len, (part, at) => {
            if (part === Entry.key) key = text(bytes, at);
            if (part === Entry.value) value = text(bytes, at);
          });
          entries.set(key, value);
        }
      },
      (field, reader) => {
        const value = reader.uint32();
        if (field === Tensor.location) location = value;
      },
    );
    if (location === isExternal || entries.size > 0) {
      if (!isInitializer) throw new Error(`"${name}" is a constant whose values lie in another file`);
      const length = entries.get('length');
      outline.external.push({
        name,
        location: entries.get('location') ?? '',
        offset: Number(entries.get('offset') ?? 0),
        length: length === undefined ? undefined : Number(length),
      });
    } else if (isInitializer && values[0] && values.length === 1) {
      outline.tensors.push({ name, ...values[0] });
    }
  };
  const graph = (start: number, end: number, isTop: boolean): void =>
    eachField(bytes, start, end, (field, inner) => {
      if (field === Graph.node) node(inner);
      else if (field === Graph.initializer) tensor(inner.pos, inner.len, isTop);
      else if (field === Graph.sparseInitializer) sparse(inner);
    });
  const sparse = (reader: protobuf.Reader): void =>
    eachField(bytes, reader.pos, reader.len, (field, inner) => {
      if (field === Sparse.values || field === Sparse.indices) tensor(inner.pos, inner.len, false);
    });
  const node = (reader: protobuf.Reader): void =>
    eachField(bytes, reader.pos, reader.len, (field, inner) => {
      if (field !== Node.attribute) return;
      eachField(bytes, inner.pos, inner.len, (part, at) => {
        if (part === Attribute.tensor || part === Attribute.tensors) tensor(at.pos, at.len, false);
        else if (part === Attribute.graph || part === Attribute.graphs) graph(at.pos, at.len, false);
        else if (part === Attribute.sparseTensor || part === Attribute.sparseTensors) sparse(at);
      });
    });

  try {
    eachField(bytes, 0, bytes.byteLength, (field, inner) => {
      if (field === Model.graph) {
        hasGraph = true;
        graph(inner.pos, inner.len, true);
      } else if (field === Model.functions) {
        eachField(bytes, inner.pos, inner.len, (part, at) => {
          if (part === FunctionProto.node) node(at);
        });
      }
    });
    if (!hasGraph) throw new Error('it has no graph');
  } catch (error) {
    throw new AppError(
      'ONNX_REFUSED',
      { file: path.basename(file) },
      error instanceof Error ? error.message : `${error}`,
    );
  }
  return outline;
}

/**
 * The sha256 of a file without its initializers' values: equal for files of one graph whose tensors have the same names, shapes and
 * places, whatever their values are.
 */
export function graphSha256(bytes: Uint8Array, { tensors }: OnnxOutline): string {
  const hash = createHash('sha256');
  let from = 0;
  for (const { offset, bytes: length } of [...tensors].sort((a, b) => a.offset - b.offset)) {
    hash.update(bytes.subarray(from, offset));
    from = offset + length;
  }
  return hash.update(bytes.subarray(from)).digest('hex');
}

/**
 * An ONNX file with all of its external tensors, each checked: a relative path into the model's own folder, no link on the
 * way, within its file.
 * @throws AppError FILE_MISSING, ONNX_REFUSED.
 */
export async function readOnnxFile(file: string): Promise<OnnxFile> {
  const bytes = await readFile(file).catch((error: unknown) => {
    throw new AppError('FILE_MISSING', { file: path.basename(file) }, String(error));
  });
  const { external } = outlineOnnx(bytes, file);
  const folder = await realpath(path.dirname(file));
  const sizes = new Map<string, { file: string; bytes: number }>();
  const refused = (detail: string) => new AppError('ONNX_REFUSED', { file: path.basename(file) }, detail);
  const locate = async (location: string) => {
    const parts = location.split(/[\\/]/).filter((part) => part !== '.');
    // Refuses names, too, that another system would take for a drive, a share or a stream.
    if (parts.some((part) => part === '' || part === '..') || location.includes(':'))
      throw refused(`its weights lie outside its folder: ${location}`);
    let at = folder;
    for (const part of parts) {
      at = path.join(at, part);
      const facts = await lstat(at).catch(() => undefined);
      if (!facts) throw refused(`its weights are missing: ${location}`);
      if (facts.isSymbolicLink()) throw refused(`its weights lie behind a link: ${location}`);
    }
    const facts = await stat(at);
    if (!facts.isFile()) throw refused(`its weights are no file: ${location}`);
    return { file: at, bytes: facts.size };
  };
  const tensors: ExternalTensor[] = [];
  for (const { name, location, offset, length } of external) {
    const found = sizes.get(location) ?? (await locate(location));
    sizes.set(location, found);
    const bytesOf = length ?? found.bytes - offset;
    if (!Number.isSafeInteger(offset) || !Number.isSafeInteger(bytesOf) || offset < 0 || bytesOf < 0)
      throw refused(`"${name}" has no sensible place: ${offset}, ${length}`);
    if (offset + bytesOf > found.bytes) throw refused(`"${name}" lies past the end of ${location}`);
    tensors.push({ name, file: found.file, offset, bytes: bytesOf });
  }
  return { file: path.join(folder, path.basename(file)), external: tensors };
}
