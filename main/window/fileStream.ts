/** A file as a web stream. */
import { open } from 'node:fs/promises';

const chunkBytes = 1 << 18;

/**
 * The file's bytes, read as they are asked for; it fails as the file does. Node 18's own bridge, `Readable.toWeb`, throws where nobody can
 * catch it when the reader goes away as the file ends: Electron then showed an error box, for which a command waited for ever.
 */
export function fileStream(file: string): ReadableStream<Uint8Array> {
  const opened = open(file);
  return new ReadableStream<Uint8Array>({
    start: () => opened.then(() => undefined),
    async pull(controller) {
      const handle = await opened;
      try {
        const { bytesRead, buffer } = await handle.read(new Uint8Array(chunkBytes));
        if (bytesRead > 0) return controller.enqueue(buffer.subarray(0, bytesRead));
        controller.close();
      } catch (error) {
        await handle.close();
        throw error;
      }
      await handle.close();
    },
    cancel: async () => (await opened).close(),
  });
}
