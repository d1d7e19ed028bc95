/**
 * Runs the same ONNX by ONNX Runtime: on any maker's GPU by its WebGPU provider (Vulkan; Direct3D 12 on Windows), else on the
 * processor.
 */
import type { ModelCard } from '../../app/catalog';
import { AppError } from '../../app/errors';
import { cropImage } from '../../app/tiles';
import type { MappedPicture, PictureFacts, PixelsBinding } from '../../native/pixels';
import { type ModelSession, nativeError, type Tensor } from './session';

/**
 * A thread that has done its part of a layer spins until the others have, so that nobody need wake it; then it sleeps. How long, was
 * measured on 16 and 32 cores (docs/measurements.md): for a tile, more than 50 µs costs half as much processor time again and gains 0 to
 * 9 %. The layers of a whole picture are so short that sleeping between them takes a third longer.
 */
const spins = {
  tiles: { session: { intra_op: { spin_duration_us: '50' } } },
  whole: { session: { intra_op: { spin_duration_us: '1000' } } },
};

/**
 * @param onnx the prepared model, hash checked. @param pixels opens the files that tiles come from and go to.
 * @throws AppError PROCESSOR_BROKEN, SESSION_FAILED; of `webgpu` WEBGPU_NONE, WEBGPU_NO_FLOAT16 as well.
 */
export async function openOnnx(
  card: ModelCard,
  onnx: Uint8Array,
  provider: 'webgpu' | 'cpu',
  pixels: () => PixelsBinding,
): Promise<ModelSession> {
  const failed = (error: unknown) => new AppError('SESSION_FAILED', { model: card.name }, String(error));
  // Loaded here, so that the GPU path works if this library does not load.
  const ort = await import('onnxruntime-node').catch((error: unknown) => {
    throw new AppError('PROCESSOR_BROKEN', { platform: process.platform }, String(error));
  });
  const options = { executionProviders: [provider], extra: spins[card.flow.kind] };
  const session = await ort.InferenceSession.create(onnx, options).catch((error: unknown) => {
    throw provider === 'webgpu' ? webgpuOpenError(error, card.name) : failed(error);
  });
  const profile = card.profiles[0];
  const input = session.inputNames[0];
  if (!profile || !input) throw failed('no profile or no input');
  // A GPU is busy with tiles of the size that its engines have; a processor shows more often that it goes on.
  const { width, height } =
    card.flow.kind === 'tiles' && provider === 'cpu'
      ? { width: card.flow.cpuTile, height: card.flow.cpuTile }
      : profile;
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
      if (provider === 'webgpu') throw webgpuRunError(error, card.name);
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
      const opened: MappedPicture[] = [];
      const open = (facts: PictureFacts, access: 'read' | 'write'): MappedPicture => {
        const picture = pixels().openPicture(facts, access);
        opened.push(picture);
        return picture;
      };
      try {
        const [from, to] = [open(source, 'read'), open(result, 'write')];
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
        for (const picture of opened) picture.close();
      }
    },
    stopTiles: () => {
      isStopped = true;
    },
    close: () => session.release(),
  };
}

/** The provider's errors have no codes, so this reads their words, as ONNX Runtime 1.30 writes them. */
function webgpuOpenError(error: unknown, model: string): AppError {
  const said = String(error);
  if (/failed to get a webgpu (adapter|device)|no supported adapters/i.test(said))
    return new AppError('WEBGPU_NONE', {}, said);
  if (/requires f16/i.test(said)) return new AppError('WEBGPU_NO_FLOAT16', { model }, said);
  return outOfMemory(said, model) ?? new AppError('SESSION_FAILED', { model }, said);
}

/** A device that a failed driver or a pulled card took away stays lost to this process; a new process gets another one. */
const webgpuRunError = (error: unknown, model: string): AppError =>
  outOfMemory(String(error), model) ?? new AppError('GPU_FAULT', { model }, String(error));

const outOfMemory = (said: string, model: string): AppError | undefined =>
  /out of memory|out_of_(device|host)_memory/i.test(said) ? new AppError('OUT_OF_VRAM', { model }, said) : undefined;

/**
 * A card's bounds are measured with TensorRT, which sums float16's products in float32. WebGPU sums them in float16, and the deeper the
 * network, the more that costs: photo-x4 was off by 8 of 255 by WebGPU and by 4 by TensorRT (H200). A wrong kernel is off by more
 * than a hundred. A network in float32 gets no more room: each was off by a tenth of its bound at most.
 */
const float16Room = 3;

/** The card with the bounds that its golden picture has by WebGPU. */
export function withWebgpuBounds(card: ModelCard): ModelCard {
  if (card.onnx.precision !== 'float16') return card;
  const outputs = card.outputs.map((output) => ({ ...output, maxAbsError: output.maxAbsError * float16Room }));
  return { ...card, outputs };
}
