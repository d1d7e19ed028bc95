/** Makes the folder of `refit export --ep-context`, whole or not at all. */
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { ModelCard } from '../../app/catalog';
import { AppError } from '../../app/errors';
import { sha256 } from '../../storage/verify';
import { python, repository } from '../models/python';
import { type StrippedEngine, withWeights } from './engine';
import type { Proof, Way } from './proof';

export interface EpContextWork {
  engine: StrippedEngine;
  card: ModelCard;
  onnxFile: string;
  way: Way;
  /** What was seen of this way of loading; without it the model is marked as unproven. */
  proof: Proof | undefined;
  /** The folder to make, which must not exist. */
  out: string;
}

/** The provider that takes a runtime's engines; a proof may name another. */
const sources: Readonly<Record<string, string>> = {
  'tensorrt-rtx': 'NvTensorRTRTXExecutionProvider',
  tensorrt: 'TensorrtExecutionProvider',
};

/**
 * Checks the ONNX by hash, writes the EPContext model, which the onnx checker has passed, with what it needs beside it.
 * @returns the model's name, and the bytes of every file.
 * @throws AppError ENGINE_HASH_MISMATCH; Error where the folder is there or Python refuses.
 */
export async function exportEpContext(work: EpContextWork): Promise<{ model: string; files: Record<string, number> }> {
  const { engine, card, onnxFile, way, proof, out } = work;
  const onnx = await readFile(onnxFile);
  if (sha256(onnx) !== engine.onnxSha256) throw new AppError('ENGINE_HASH_MISMATCH', { file: onnxFile });
  const [runtimeName = '', version = ''] = engine.runtime.split(' ');
  const id = `${card.id}_${engine.profile.id}`;
  const model = `${id}_ctx.onnx`;
  const engineName = way === 'plan' ? `${id}.engine` : `${id}.stripped.engine`;
  const onnxName = `${card.id}.onnx`;
  const temporary = `${out}.${process.pid}.tmp`;
  try {
    await mkdir(temporary, { recursive: true });
    await writeFile(path.join(temporary, onnxName), onnx);
    await writeFile(path.join(temporary, engineName), way === 'plan' ? await withWeights(engine, onnx) : engine.bytes);
    const task = {
      network: path.join(temporary, onnxName),
      shape: [1, engine.profile.height, engine.profile.width, 3],
      engine: path.join(temporary, engineName),
      out: path.join(temporary, model),
      embed: way === 'embedded',
      onnx_file_name: onnxName,
      source: proof?.source ?? sources[runtimeName] ?? '',
      sdk_version: version,
      architecture: engine.architecture,
      notes: JSON.stringify({
        onnxSha256: engine.onnxSha256,
        engineSha256: engine.engineSha256,
        proven: proof !== undefined,
      }),
    };
    const taskFile = path.join(temporary, 'task.json');
    await writeFile(taskFile, JSON.stringify(task));
    await python([path.join(repository, 'factory', 'epcontext', 'context.py'), taskFile]);
    await rm(taskFile);
    if (way === 'embedded') await rm(path.join(temporary, engineName));
    const { onnxSha256, engineSha256, runtime } = engine;
    const about = { model, runtime, way, onnxSha256, engineSha256, proof: proof ?? null };
    await writeFile(path.join(temporary, 'ep-context.json'), `${JSON.stringify(about, null, 2)}\n`);
    const names = await readdir(temporary);
    const sizes = await Promise.all(names.map(async (name) => (await stat(path.join(temporary, name))).size));
    await rename(temporary, out);
    return { model, files: Object.fromEntries(names.map((name, i) => [name, sizes[i] ?? 0])) };
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    throw error;
  }
}
