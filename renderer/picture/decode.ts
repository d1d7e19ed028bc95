/** Has a worker decode a file, and hands its rows on, band after band. */
import type { Arguments } from '../../app/contract';
import { AppError, ReportedError } from '../../app/errors';
import type { PictureRows } from '../../app/pictureRows';
import type { FromDecoder, ToDecoder } from './decode.worker';

/** Where a decoded picture goes: its facts, then its rows. Each is waited for before the next is made. */
export type PictureSink =
  | {
      facts(facts: Arguments<'picture:create'>): Promise<void>;
      rows(rows: PictureRows): Promise<void>;
    }
  | {
      /** @returns where the decoder sends the rows itself, each once the one before was answered. */
      facts(facts: Arguments<'picture:create'>): Promise<MessagePort>;
      rows?: never;
    };

/** A worker that decodes one file after another. Whoever starts it ends it. */
export const startDecoder = (): Worker =>
  new Worker(new URL('./decode.worker.ts', import.meta.url), { type: 'module' });

/**
 * Decodes a file in a worker of its own.
 * @param signal ends it at once. @returns whether a pixel is not opaque.
 * @throws ReportedError with why it is no picture; what `to` throws; `signal`'s reason.
 */
export async function decode(
  file: File,
  to: PictureSink,
  { signal }: { signal?: AbortSignal } = {},
): Promise<{ transparent: boolean }> {
  signal?.throwIfAborted();
  const decoder = startDecoder();
  try {
    return await decodeBy(decoder, file, to, signal);
  } finally {
    decoder.terminate();
  }
}

/** Decodes a file in a worker that is there. @param decoder where this throws, still at that file: end it. @throws as `decode`. */
export async function decodeBy(
  decoder: Worker,
  file: File,
  to: PictureSink,
  signal?: AbortSignal,
): Promise<{ transparent: boolean }> {
  signal?.throwIfAborted();
  const ask = (message: ToDecoder, transfer: Transferable[] = []) => decoder.postMessage(message, transfer);
  const ended = new AbortController();
  const whileAtWork = { signal: ended.signal };
  try {
    return await new Promise((resolve, reject) => {
      const take = async (message: FromDecoder): Promise<void> => {
        if (message.kind === 'failed') throw new ReportedError(message.error);
        if (message.kind === 'end') return resolve({ transparent: message.transparent });
        if (message.kind === 'facts') {
          const port = await to.facts(message.facts);
          return ask({ kind: 'next', ...(port && { port }) }, port ? [port] : []);
        }
        await to.rows?.({ y: message.y, rgb: message.rgb, alpha: message.alpha });
        ask({ kind: 'next' });
      };
      decoder.addEventListener(
        'message',
        ({ data }: MessageEvent<FromDecoder>) => void take(data).catch(reject),
        whileAtWork,
      );
      // Mostly out of memory: the worker is gone, the page is not.
      decoder.addEventListener(
        'error',
        (event) => reject(new AppError('PICTURE_UNREADABLE', { name: file.name }, event.message)),
        whileAtWork,
      );
      signal?.addEventListener('abort', () => reject(signal.reason), whileAtWork);
      ask({ kind: 'open', file, fileName: file.name, size: file.size });
    });
  } finally {
    ended.abort();
  }
}
