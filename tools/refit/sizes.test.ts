import { describe, expect, it } from 'vitest';
import type { EngineEntry } from '../../app/catalog';
import { partOf, sumEngines } from './sizes';

const engine = (fullPlanBytes: number, strippedBytes: number, compressedBytes: number): EngineEntry => ({
  model: 'photo-x4',
  profile: 'tile-256',
  target: 'ada',
  runtime: 'tensorrt-rtx 1.6.1',
  flags: ['STRIP_PLAN', 'REFIT_IDENTICAL'],
  onnxSha256: '0'.repeat(64),
  engineSha256: '0'.repeat(64),
  inputsSha256: '0'.repeat(64),
  fullPlanBytes,
  strippedBytes,
  compressedBytes,
});

describe('the engines together', () => {
  it('are weighed as a whole, not as a mean of fractions', () => {
    const total = sumEngines([engine(1000, 500, 10), engine(9000, 700, 40)]);
    expect(total).toEqual({ fullPlanBytes: 10_000, strippedBytes: 1200, compressedBytes: 50, fraction: 0.005 });
  });
});

describe('a file of the packaged app', () => {
  it.each([
    ['refit', 'Electron'],
    ['locales/de.pak', 'Electron'],
    ['resources/native/lib/libtensorrt_rtx.so.1', 'TensorRT-RTX libraries'],
    ['resources/native/refit-tensorrt-rtx.node', 'Addon'],
    ['resources/models/photo-x4/prepared/model.onnx', 'Models'],
    ['resources/engines/photo-x4/tile-256/ada.engine.br', 'Engines'],
    ['resources/engines/photo-x4/tile-256/ada.8.9.kernels.br', 'Kernels'],
    [
      'resources/app.asar.unpacked/node_modules/onnxruntime-node/bin/napi-v6/linux/x64/libonnxruntime.so.1',
      'ONNX Runtime',
    ],
    ['resources/app.asar', 'App code'],
    ['resources/NOTICE', 'Notices'],
  ])('%s counts as %s', (file, part) => {
    expect(partOf(file)).toBe(part);
  });
});
