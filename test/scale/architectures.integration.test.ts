/** Tiny networks by the code that writes the large ones, tried by ONNX's checker, ONNX Runtime and the builder. */
import { access, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { python, repository } from '../../factory/models/python';
import { devAddonFile, devLibraryDir, loadAddon } from '../../native/addon';
import { readOnnxFile } from '../../native/onnx';
import { architectures, type ScaleModel, scaleModels } from './architectures';

const parameters: Record<ScaleModel, [least: number, most: number]> = {
  'resnet-50': [25.4e6, 25.7e6],
  'vit-b': [86.4e6, 86.7e6],
  'vit-l': [304e6, 305e6],
  'gpt2-xl': [1557e6, 1559e6],
  'sdxl-unet': [2.56e9, 2.58e9],
  'llama-7b': [6.73e9, 6.75e9],
};

let folder: string;
let isPythonReady: boolean;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'refit-scale-'));
  isPythonReady = await access(path.join(repository, '.venv')).then(
    () => true,
    () => false,
  );
  for (const model of scaleModels) await architectures[model].tiny().write(path.join(folder, model));
});
afterAll(() => rm(folder, { recursive: true, force: true }));
const onnxFile = (model: ScaleModel) => path.join(folder, model, 'model.onnx');

describe.each(scaleModels)('%s', (model) => {
  test('has as many weights as published', () => {
    const count = architectures[model].full().weightBytes / 2;
    expect(count).toBeGreaterThan(parameters[model][0]);
    expect(count).toBeLessThan(parameters[model][1]);
  });

  test('passes the checker of ONNX, shapes inferred', async ({ skip }) => {
    if (!isPythonReady) skip('no .venv: npm run models makes it');
    const check = 'import onnx, sys; onnx.checker.check_model(sys.argv[1], full_check=True)';
    await python(['-c', check, onnxFile(model)]);
  });

  test('gives finite numbers in ONNX Runtime', async () => {
    const session = await InferenceSession.create(onnxFile(model), { executionProviders: ['cpu'] });
    const feeds: Record<string, Tensor> = {};
    for (const input of session.inputMetadata) {
      if (!input.isTensor) throw new Error(`${input.name} is no tensor`);
      const shape = input.shape.map(Number);
      const count = shape.reduce((product, side) => product * side, 1);
      feeds[input.name] =
        input.type === 'int64'
          ? new Tensor('int64', new BigInt64Array(count).fill(3n), shape)
          : new Tensor('float16', new Uint16Array(count).fill(0x3800), shape);
    }
    const outputs = Object.values(await session.run(feeds));
    await session.release();
    const data = outputs.flatMap((output) => [...(output.data as Uint16Array)]);
    expect(data.length).toBeGreaterThan(0);
    expect(data.filter((value) => ((value >>> 10) & 31) === 31)).toEqual([]);
  });

  test('builds as a full engine, its weights read from their file', async () => {
    const addon = loadAddon(path.join(repository, devAddonFile));
    addon.probe(path.join(repository, devLibraryDir));
    const plan = path.join(folder, `${model}.plan`);
    const built = await addon.buildEngineFile(await readOnnxFile(onnxFile(model)), plan, {
      strip: false,
      refit: 'none',
      computeCapabilities: [86],
    });
    expect(built.bytes).toBe((await stat(plan)).size);
    expect(built.bytes).toBeGreaterThan(architectures[model].tiny().weightBytes);
  });
});
