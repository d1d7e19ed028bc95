/**
 * Engines of one profile share nearly all bytes. One ships whole, as the base; the others ship as tails: brotli streams that go on
 * where the base's stream was flushed. factory/engines/tails.ts makes them.
 */
import { createHash } from 'node:crypto';
import { constants, createBrotliDecompress } from 'node:zlib';

/** Engines may be larger than brotli's ordinary window, so theirs is larger. */
export const decoding = { params: { [constants.BROTLI_DECODER_PARAM_LARGE_WINDOW]: 1 } };

/** An empty last block. It ends the base's stream, and is left out where a tail goes on. */
export const streamEnd = 0x03;

/** Says why two files are no base and tail, and which of them is at fault. */
export class TailFault extends Error {
  constructor(
    readonly where: 'base' | 'tail',
    message: string,
  ) {
    super(message);
  }
}

interface PackedBase {
  packed: Uint8Array;
  strippedBytes: number;
  engineSha256: string;
}

/**
 * Unpacks the engine of a tail. The base is hashed while it streams by, and not kept. Nothing past both sizes is unpacked.
 * @param strippedBytes the engine's size. The caller hashes the engine.
 * @throws TailFault.
 */
export async function unpackTail(base: PackedBase, tail: Uint8Array, strippedBytes: number): Promise<Uint8Array> {
  if (base.packed.at(-1) !== streamEnd) throw new TailFault('base', 'no tail can follow it');
  const hash = createHash('sha256');
  const kept: Uint8Array[] = [];
  let out = 0;
  const isInBase = () => out < base.strippedBytes;
  const stream = createBrotliDecompress({ ...decoding, chunkSize: 1 << 18 });
  // The loop below throws its failure.
  stream.on('error', () => {});
  stream.write(base.packed.subarray(0, -1));
  stream.end(tail);
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      const ofBase = Math.min(chunk.byteLength, base.strippedBytes - Math.min(out, base.strippedBytes));
      if (ofBase > 0) {
        hash.update(chunk.subarray(0, ofBase));
        if (out + ofBase === base.strippedBytes && hash.digest('hex') !== base.engineSha256)
          throw new TailFault('base', 'not what the catalog says');
      }
      out += chunk.byteLength;
      if (out > base.strippedBytes + strippedBytes) throw new TailFault('tail', `more than ${strippedBytes} bytes`);
      if (ofBase < chunk.byteLength) kept.push(chunk.subarray(ofBase));
    }
  } catch (error) {
    if (error instanceof TailFault) throw error;
    throw new TailFault(isInBase() ? 'base' : 'tail', String(error));
  } finally {
    stream.destroy();
  }
  if (isInBase()) throw new TailFault('base', `${out} bytes, not what the catalog says`);
  return joined(kept, out - base.strippedBytes);
}

/** Frees each chunk once it is copied, so that memory never holds an engine of 248 MB twice. */
function joined(chunks: Uint8Array[], bytes: number): Uint8Array {
  const whole = new Uint8Array(bytes);
  let at = bytes;
  for (let chunk = chunks.pop(); chunk; chunk = chunks.pop()) {
    at -= chunk.byteLength;
    whole.set(chunk, at);
  }
  return whole;
}
