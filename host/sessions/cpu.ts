/** Runs the same ONNX on the processor, by ONNX Runtime: if no GPU serves, and while one is being prepared. */
import type { ModelCard } from '../../app/catalog';
import { AppError } from '../../app/errors';
import { cropImage } from '../../app/tiles';
import type { PixelsBinding } from '../../native/pixels';
import { type ModelSession, nativeError, type Tensor } from './session';

/**
 * @param onnx the prepared model, hash checked. @param pixels opens the files that tiles come from and go to.
 * @throws AppError PROCESSOR_BROKEN, SESSION_FAILED.
 */
export async function openCpu(card: ModelCard, onnx: Uint8Array, pixels: () => PixelsBinding): Promise<ModelSession> {
  const failed = (error: unknown) => new AppError('SESSION_FAILED', { model: card.name }, String(error));
  // Loaded here, so that the GPU path works if this library does not load.
  const ort = await import('onnxruntime-node').catch((error: unknown) => {
    throw new AppError('PROCESSOR_BROKEN', { platform: process.platform }, String(error));
  });
  const session = await ort.InferenceSession.create(onnx, { executionProviders: ['cpu'] }).catch((error: unknown) => {
    throw failed(error);
  });
  const profile = card.profiles[0];
  const input = session.inputNames[0];
  if (!profile || !input) throw failed('no profile or no input');
  const { width, height } =
    card.flow.kind === 'tiles' ? { width: card.flow.cpuTile, height: card.flow.cpuTile } : profile;
  let isStopped = false;
  const run = async (pixels: Uint8Array): Promise<Tensor[]> => {
    try {
      const results = await session.run({ [input]: new ort.Tensor('uint8', pixels, [1, height, width, 3]) });
      return card.outputs.map(({ name }) => {
        const tensor = results[name];
        if (!tensor || !ArrayBuffer.isView(tensor.data)) throw new Error(`no output ${name}`);
        const { buffer, byteOffset, byteLength } = tensor.data;
        return { shape: [...tensor.dims], bytes: new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength) };
      });
    } catch (error) {
      throw new AppError('RUN_FAILED', { model: card.name }, String(error));
    }
  };
  return {
    card,
    width,
    height,
    run,
    runTiles: async (source, result, tiles, onDone) => {
      isStopped = false;
      const from = pixels().openPicture(source, 'read');
      const to = pixels().openPicture(result, 'write');
      try {
        const tile = new Uint8Array(width * height * 3);
        for (const [i, { x, y, crop, rect }] of tiles.entries()) {
          if (isStopped) return 'stopped';
          await from.cutTile(x, y, width, height, tile);
          const [output] = await run(tile);
          if (!output) throw new AppError('RUN_FAILED', { model: card.name }, 'no output');
          const core = new Uint8Array(rect.width * rect.height * 3);
          cropImage(output.bytes, output.shape[2] ?? 0, crop, core);
          // After a stop no further tile is shown.
          if (isStopped) return 'stopped';
          await to.write(rect, core);
          onDone([i]);
        }
        return 'done';
      } catch (error) {
        if (error instanceof AppError) throw error;
        throw nativeError(error, (detail) => new AppError('RUN_FAILED', { model: card.name }, detail), card.name);
      } finally {
        from.close();
        to.close();
      }
    },
    stopTiles: () => {
      isStopped = true;
    },
    close: () => session.release(),
  };
}
