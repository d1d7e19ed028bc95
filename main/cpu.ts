/** The same ONNX on the processor, by ONNX Runtime: where no GPU serves, and while one is being prepared. */
import type { ModelCard } from '../app/catalog';
import { AppError } from '../app/errors';
import { cropImage } from '../app/tiles';
import type { ModelSession, Tensor } from './session';

/**
 * @param onnx the prepared model, hash checked.
 * @throws AppError PROCESSOR_BROKEN, SESSION_FAILED.
 */
export async function openCpu(card: ModelCard, onnx: Uint8Array): Promise<ModelSession> {
  const failed = (error: unknown) => new AppError('SESSION_FAILED', { model: card.name }, String(error));
  // Loaded here, so that a library of the processor's that does not load leaves the GPU path as it is.
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
    lanes: 1,
    run,
    runTile: async (pixels, crop, rgb) => {
      const [output] = await run(pixels);
      if (output) cropImage(output.bytes, output.shape[2] ?? 0, crop, rgb);
    },
    close: () => session.release(),
  };
}
