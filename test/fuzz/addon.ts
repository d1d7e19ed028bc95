/**
 * Bad networks and arguments for the addon and, behind it, NVIDIA's parser. Both run in the engine host alone, and the app gives the
 * parser only files whose hash it checked: so a crash of the parser is counted and outlived, not fixed.
 */
import path from 'node:path';
import { devAddonFile, devLibraryDir, loadAddon } from '../../native/addon';
import type { Binding } from '../../native/binding';
import { tinyNetworks } from './files';
import { mutateBytes, mutateValue } from './mutate';
import { ofFiles, type Replay, refusedBy, type Target } from './target';

const root = path.resolve(import.meta.dirname, '..', '..');

export function openAddon(): Binding {
  const addon = loadAddon(path.join(root, devAddonFile));
  addon.probe(path.join(root, devLibraryDir));
  return addon;
}

const options = { strip: false, refit: 'none', computeCapabilities: [86], shape: [32, 32] } as const;
const foreseen = ['ONNX_INVALID', 'BUILD_FAILED', 'OUT_OF_MEMORY', 'DRIVER_MISSING', 'GPU_MISSING', 'ENGINE_INVALID'];

const parser: Target = {
  name: "ONNX files, NVIDIA's parser and builder",
  inputs: 1000,
  quickInputs: 25,
  mayDie: true,
  limitMs: 30_000,
  maxBytes: 3 * 2 ** 30,
  open: async () => {
    const addon = openAddon();
    const seeds = tinyNetworks();
    const replay: Replay = async (bytes) => {
      try {
        await addon.buildEngine(bytes, { ...options, computeCapabilities: [86], shape: [32, 32] });
        return 'taken';
      } catch (error) {
        return refusedBy(error, ...foreseen);
      }
    };
    return ofFiles((random) => mutateBytes(seeds, random), replay);
  },
};

/** Arguments of each of the addon's functions, never good enough to begin a build. */
const goodArguments: [keyof Binding, () => unknown[]][] = [
  ['probe', () => ['/nowhere']],
  ['openLibraries', () => ['/nowhere']],
  ['vram', () => [{ device: 0 }]],
  ['engineValidity', () => [new Uint8Array(100), { device: 0 }]],
  ['buildEngine', () => [new Uint8Array(10), options]],
  ['buildEngineFile', () => [{ file: '/nowhere/a.onnx', external: [] }, '/nowhere/a.engine', options]],
  ['engineWeights', () => [new Uint8Array(100), { device: 0 }]],
  ['refit', () => [new Uint8Array(100), new Map([['w', new Uint8Array(8)]]), { keepRefittable: true, device: 0 }]],
  [
    'refit',
    () => ['/nowhere/e', { file: '/nowhere/o', external: [{ name: 'w', file: '/nowhere/w', offset: 0, bytes: 8 }] }],
  ],
  ['openSession', () => [new Uint8Array(100), { runtimeCache: new Uint8Array(9), cudaGraph: true, device: 0 }]],
  ['openSession', () => [{ engine: new Uint8Array(9), weights: new Uint8Array(9) }]],
  ['openSession', () => [{ file: '/nowhere/plan', deferWeights: true }]],
];

const calls: Target = {
  name: "arguments of the addon's functions",
  inputs: 6000,
  quickInputs: 800,
  limitMs: 20_000,
  open: async () => {
    const addon = openAddon();
    return {
      try: async (random) => {
        const [name, good] = random.pick(goodArguments);
        const given = mutateValue(good(), random);
        const list: unknown[] = Array.isArray(given) && given.length < 20 ? given : [given];
        try {
          await (addon[name] as unknown as (...args: unknown[]) => unknown)(...list);
          return 'taken';
        } catch (error) {
          return refusedBy(error, 'BAD_ARGUMENT', 'FILE_FAILED', 'LIBRARY_MISSING', ...foreseen);
        }
      },
    };
  },
};

/** Engines and plans. Without a driver a test can only see that the driver is asked first (docs/threat-model.md). */
const engines: Target = {
  name: 'headers of engines and plans',
  inputs: 4000,
  quickInputs: 300,
  open: async () => {
    const addon = openAddon();
    const plan = await addon.buildEngine(tinyNetworks()[0] as Uint8Array, {
      ...options,
      computeCapabilities: [86],
      shape: [32, 32],
    });
    return {
      try: (random) => {
        const { valid, reasons } = addon.engineValidity(mutateBytes([plan, plan.slice(0, 256)], random));
        if (valid && reasons.length > 0) throw new Error(`valid, and yet ${reasons.join(', ')}`);
        return valid ? 'taken' : 'refused';
      },
    };
  },
};

export const addonTargets: Target[] = [calls, engines, parser];
