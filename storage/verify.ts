/** Nothing unverified reaches a native parser: each file is read once and hashed, and the callers get the very bytes that were hashed. */
import { createHash, webcrypto } from 'node:crypto';
import path from 'node:path';
import { promisify } from 'node:util';
import { brotliDecompress } from 'node:zlib';
import type { EngineEntry, KernelsEntry, ModelCard } from '../app/catalog';
import { engineFile } from '../app/engineFile';
import { AppError } from '../app/errors';
import { firstFaults } from '../app/faults';
import { GoldenManifest, type GoldenOutput } from '../app/golden';
import { readBounded, readText, UnfitFileError } from './readBounded';
import { decoding, TailFault, unpackTail } from './tail';

const decompress = promisify(brotliDecompress);

/** SHA-256, 64 hex digits. */
export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** SHA-256 as `sha256` makes it, but in a thread of libuv: the event loop goes on meanwhile. @param bytes less than 2 GiB. */
export const digest = async (bytes: Uint8Array): Promise<string> =>
  Buffer.from(await webcrypto.subtle.digest('SHA-256', bytes)).toString('hex');

/** Reads the model's ONNX. @throws AppError FILE_MISSING, ONNX_HASH_MISMATCH. */
export async function readOnnx(file: string, card: ModelCard): Promise<Uint8Array> {
  const unfit = (detail: string) => new AppError('ONNX_HASH_MISMATCH', { file: shown(file) }, detail);
  const bytes = await read(file, card.onnx.bytes, unfit);
  if (bytes.byteLength !== card.onnx.bytes || (await digest(bytes)) !== card.onnx.sha256)
    throw unfit(`${bytes.byteLength} bytes, not what the card says`);
  return bytes;
}

/**
 * Reads and decompresses a stripped engine. For a tail it reads the base beside it too. The catalog's size bounds the output, so that
 * a small file cannot unpack to more than memory.
 * @throws AppError FILE_MISSING, ENGINE_HASH_MISMATCH, with the file at fault.
 */
export async function readEngine(
  file: string,
  entry: Pick<EngineEntry, 'model' | 'profile' | 'runtime' | 'strippedBytes' | 'engineSha256' | 'base'>,
): Promise<Uint8Array> {
  const { base, strippedBytes, engineSha256 } = entry;
  if (!base) return readCompressed(file, strippedBytes, engineSha256);
  const baseFile = path.join(path.dirname(file), path.basename(engineFile({ ...entry, target: base.target })));
  const engine = await readTail({ file: baseFile, ...base }, file, strippedBytes);
  const found = sha256(engine);
  if (found !== engineSha256) throw mismatch(file, notCatalog(found));
  return engine;
}

/** Reads and decompresses compiled kernels likewise. @throws AppError FILE_MISSING, ENGINE_HASH_MISMATCH. */
export const readKernels = (file: string, entry: KernelsEntry): Promise<Uint8Array> =>
  readCompressed(file, entry.bytes, entry.sha256);

async function readCompressed(file: string, maxOutputLength: number, expected: string): Promise<Uint8Array> {
  const compressed = await readPacked(file, maxOutputLength);
  let bytes: Uint8Array;
  try {
    bytes = await decompress(compressed, { ...decoding, maxOutputLength });
  } catch (error) {
    throw mismatch(file, String(error));
  }
  const found = sha256(bytes);
  if (found !== expected) throw mismatch(file, notCatalog(found));
  return bytes;
}

async function readTail(
  base: { file: string; engineSha256: string; strippedBytes: number },
  file: string,
  strippedBytes: number,
): Promise<Uint8Array> {
  const [head, tail] = await Promise.all([readPacked(base.file, base.strippedBytes), readPacked(file, strippedBytes)]);
  try {
    return await unpackTail({ ...base, packed: head }, tail, strippedBytes);
  } catch (error) {
    if (!(error instanceof TailFault)) throw error;
    throw mismatch(error.where === 'base' ? base.file : file, error.message);
  }
}

/** Brotli stores what it cannot compress with a few bytes more. */
const readPacked = (file: string, unpackedBytes: number): Promise<Uint8Array> =>
  read(file, unpackedBytes + 2 ** 20, (detail) => mismatch(file, detail));

const mismatch = (file: string, detail: string) => new AppError('ENGINE_HASH_MISMATCH', { file: shown(file) }, detail);
const notCatalog = (found: string) => `sha256 ${found}, not what the catalog says`;

/** Bounds each golden file: the largest profile's picture has some megabytes, a sample of its outputs less. */
export const maxGoldenBytes = 2 ** 28;

/** A golden picture and the reference samples of what must come out. */
export interface Golden {
  input: Uint8Array;
  outputs: GoldenOutput[];
  reference: Uint8Array[];
}

/** @param folder `models/<id>/prepared`. @throws AppError GOLDEN_UNREADABLE. */
export async function readGolden(folder: string, card: ModelCard, profile: string): Promise<Golden> {
  const unreadable = (detail: string) => new AppError('GOLDEN_UNREADABLE', { file: `${card.id}/golden.json` }, detail);
  try {
    const parsed = GoldenManifest.safeParse(
      JSON.parse(await readText(path.join(folder, 'golden.json'), maxGoldenBytes, { follow: true })),
    );
    if (!parsed.success) throw new Error(firstFaults(parsed.error));
    const manifest = parsed.data;
    const golden = manifest.profiles[profile];
    if (manifest.onnxSha256 !== card.onnx.sha256 || !golden) throw new Error('made for another model or profile');
    const checked = async ({ file, sha256: expected }: { file: string; sha256: string }) => {
      const bytes = await readBounded(path.join(folder, file), maxGoldenBytes, { follow: true });
      if (sha256(bytes) !== expected) throw new Error(`${file} has changed`);
      return bytes;
    };
    return {
      input: await checked(golden.input),
      outputs: golden.outputs,
      reference: await Promise.all(golden.outputs.map(checked)),
    };
  } catch (error) {
    throw unreadable(String(error));
  }
}

/** @param unfit makes the error of a larger file, or of something that is no file. @throws AppError FILE_MISSING. */
async function read(file: string, maxBytes: number, unfit: (detail: string) => AppError): Promise<Uint8Array> {
  try {
    return await readBounded(file, maxBytes, { follow: true });
  } catch (error) {
    if (error instanceof UnfitFileError) throw unfit(error.message);
    throw new AppError('FILE_MISSING', { file: shown(file) }, String(error));
  }
}

/** The last three parts of a path: enough to find the file, and nothing of the person's folders. */
const shown = (file: string): string => file.split(path.sep).slice(-3).join('/');
