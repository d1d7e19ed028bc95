import { describe, expect, it } from 'vitest';
import { budgets, overBudget, type Part, packageBudget, partOf, parts } from './budget';

/** An app in which every part weighs what the real one's roughly does. */
const app: Record<Part, number> = {
  Electron: 215e6,
  'TensorRT-RTX libraries': 218e6,
  'ONNX Runtime': 46e6,
  libvips: 19e6,
  Addon: 486e3,
  Models: 95e6,
  Engines: 1.2e6,
  Kernels: 0,
  'App code': 2.3e6,
  Notices: 250e3,
};

const release = (bytes: number) => ({ bytes, isQuick: false });

describe('a budget', () => {
  it('is kept by an app of today', () => {
    expect(overBudget(app, release(220e6))).toEqual([]);
  });

  it.each(parts)('is broken by one byte more of %s', (part) => {
    expect(overBudget({ ...app, [part]: budgets[part] + 1 }, null).join()).toContain(part);
  });

  it('is broken by a package of one byte more', () => {
    expect(overBudget(app, release(packageBudget + 1))).toEqual(['Linux package: 240.0 MB, budget 240.0 MB']);
  });

  it('is of what a person downloads, where the package was packed quickly', () => {
    const bytes = 264e6;
    expect(overBudget(app, { bytes, isQuick: true })).toEqual([]);
    expect(overBudget({ ...app, Kernels: 4e5 }, { bytes, isQuick: true })).toEqual([
      'Engines and kernels: 0.73 % of the Linux package, budget 0.70 %',
    ]);
    expect(overBudget(app, { bytes: 290e6, isQuick: true })).toEqual(['Linux package: 241.7 MB, budget 240.0 MB']);
  });

  it('is broken by engines and kernels that together are too large a part of the package', () => {
    expect(overBudget({ ...app, Kernels: 4e5 }, release(220e6))).toEqual([
      'Engines and kernels: 0.73 % of the Linux package, budget 0.70 %',
    ]);
  });
});

describe('a file of the packaged app', () => {
  it.each([
    ['refit', 'Electron'],
    ['locales/de.pak', 'Electron'],
    ['resources/native/lib/1.6.1/libtensorrt_rtx.so.1', 'TensorRT-RTX libraries'],
    ['resources/native/refit-tensorrt-rtx-1.6.1.node', 'Addon'],
    ['resources/models/photo-x4/prepared/model.onnx', 'Models'],
    ['resources/engines/photo-x4/tile-256/ada.engine.br', 'Engines'],
    ['resources/engines/photo-x4/tile-256/ada.8.9.kernels.br', 'Kernels'],
    [
      'resources/app.asar.unpacked/node_modules/onnxruntime-node/bin/napi-v6/linux/x64/libonnxruntime.so.1',
      'ONNX Runtime',
    ],
    ['resources/app.asar.unpacked/node_modules/@img/sharp-linux-x64/lib/sharp.node', 'libvips'],
    ['resources/app.asar', 'App code'],
    ['resources/NOTICE', 'Notices'],
  ])('%s counts as %s', (file, part) => {
    expect(partOf(file)).toBe(part);
  });
});
