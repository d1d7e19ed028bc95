/** Files as bodies of responses. */
import { createReadStream } from 'node:fs';

/**
 * Reads a file as it is asked for, in pieces. Node's own bridge (`Readable.toWeb`) throws where nobody can catch it if its reader goes
 * just as the file ends (Node 18).
 * @param pieceBytes the most at once.
 * @returns it errors with the system's reason where the file cannot be read.
 */
export function streamFile(file: string, pieceBytes: number): ReadableStream<Uint8Array> {
  const source = createReadStream(file, { highWaterMark: pieceBytes });
  let isOver = false;
  const once = (end: () => void): void => {
    if (!isOver) end();
    isOver = true;
  };
  return new ReadableStream<Uint8Array>({
    start: (controller) => {
      source.on('data', (piece) => {
        source.pause();
        controller.enqueue(new Uint8Array(piece as Buffer));
      });
      source.pause();
      source.once('end', () => once(() => controller.close()));
      source.once('error', (error) => once(() => controller.error(error)));
    },
    pull: () => void source.resume(),
    cancel: () =>
      once(() => {
        source.destroy();
      }),
  });
}
