/** Runs the prepared networks without the app: ONNX Runtime over the whole picture, without tiles and window. */
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { type Picture, prepared } from './pictures';

/** @returns every output of the network, by name. */
export async function runUntiled(model: string, { width, height, data }: Picture): Promise<Record<string, Tensor>> {
  // A thread that waits for the others of its session would take the core that another test works on.
  const extra = { session: { intra_op: { allow_spinning: '0' } } };
  const session = await InferenceSession.create(prepared(model, 'model.onnx'), { executionProviders: ['cpu'], extra });
  try {
    const rgb = new Uint8Array(width * height * 3);
    for (let i = 0; i < width * height; i++) rgb.set(data.subarray(i * 4, i * 4 + 3), i * 3);
    const results = await session.run({
      [session.inputNames[0] ?? '']: new Tensor('uint8', rgb, [1, height, width, 3]),
    });
    return Object.fromEntries(
      Object.entries(results).filter((entry): entry is [string, Tensor] => entry[1] instanceof Tensor),
    );
  } finally {
    await session.release();
  }
}

/** A picture through an upscaling network. */
export async function upscaleUntiled(model: string, picture: Picture): Promise<Picture> {
  const { upscaled } = await runUntiled(model, picture);
  if (!upscaled) throw new Error(`${model} gave no output "upscaled"`);
  const [, height = 0, width = 0] = upscaled.dims;
  const data = Buffer.alloc(width * height * 4, 255);
  const rgb = upscaled.data as Uint8Array;
  for (let i = 0; i < width * height; i++) data.set(rgb.subarray(i * 3, i * 3 + 3), i * 4);
  return { width, height, data };
}
