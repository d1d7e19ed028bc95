/** The addon of TensorRT 10.6, where it has been built (`tsx factory/tensorrt10/build.ts`): set-up does not build it. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadAddon } from '../../native/addon';
import { tinyOnnx } from '../../test/tinyOnnx';
import { devRuntimes } from './runtimes';

const root = join(import.meta.dirname, '..', '..');
const addonFile = join(root, devRuntimes['tensorrt-10'].addonFile);
const libraryDir = join(root, devRuntimes['tensorrt-10'].libraryDir);

describe.skipIf(!existsSync(addonFile))('the addon of TensorRT 10.6', () => {
  test('says of an empty folder that runtime and parser are missing, each with its file', () => {
    const empty = mkdtempSync(join(tmpdir(), 'refit-empty-'));
    const { runtime, parser } = loadAddon(addonFile).probe(empty);
    rmSync(empty, { recursive: true });
    expect(runtime).toMatchObject({ kind: 'unknown', reason: expect.stringMatching(/nvinfer/) });
    expect(parser).toMatchObject({ kind: 'unknown', reason: expect.stringMatching(/nvonnxparser/) });
  });

  test('names the runtime that it was compiled for, not that of its headers', () => {
    expect(loadAddon(addonFile).runtime).toBe('tensorrt 10.6.0');
  });

  test.skipIf(!existsSync(libraryDir))('finds runtime and parser in the folder that has them', () => {
    const { runtime, parser } = loadAddon(addonFile).probe(libraryDir);
    expect(runtime).toEqual({ kind: 'known', value: 'tensorrt 10.6.0' });
    expect(parser.kind).toBe('known');
  });

  test.skipIf(!existsSync(libraryDir))(
    'refuses to build without a driver, where the library would end the process',
    async () => {
      const addon = loadAddon(addonFile);
      const { driver } = addon.probe(libraryDir);
      if (driver.kind === 'known') return;
      const built = addon.buildEngine(tinyOnnx({ factor: 0.5, offset: 10 }), {
        strip: false,
        refit: 'none',
        computeCapabilities: [],
        shape: [64, 48],
      });
      await expect(built).rejects.toMatchObject({ code: 'DRIVER_MISSING' });
    },
  );
});
