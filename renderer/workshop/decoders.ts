/**
 * Decoders that take file after file, because main serves each one's script when it starts. One ends after some bytes, since Chromium
 * keeps what it read of files until JavaScript's garbage is collected.
 */
import { decodeBy, type PictureSink, startDecoder } from '../picture/decode';

/** Bytes of files that a decoder reads in its life; its last file may be larger. */
export const bytesADecoder = 32 << 20;

interface Decoder {
  worker: Worker;
  readBytes: number;
}

const idle: Decoder[] = [];

/** As `decode` of renderer/picture/decode.ts, in a worker that may have decoded others before. */
export async function decode(file: File, to: PictureSink, signal: AbortSignal): Promise<{ transparent: boolean }> {
  const decoder = idle.pop() ?? { worker: startDecoder(), readBytes: 0 };
  decoder.readBytes += file.size;
  let isThrough = false;
  try {
    const decoded = await decodeBy(decoder.worker, file, to, signal);
    isThrough = true;
    return decoded;
  } finally {
    if (isThrough && decoder.readBytes < bytesADecoder) idle.push(decoder);
    else decoder.worker.terminate();
  }
}
