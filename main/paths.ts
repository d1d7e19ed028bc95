/** Paths of what ships with the app: beside the asar when packaged, in the repository when developed. */
import path from 'node:path';
import type { KernelsEntry } from '../app/catalog';
import { type EnginePlace, engineFile, kernelsFile } from '../app/engineFile';
import { runtimeSlug, versionOf } from '../app/runtimes';

export interface Paths {
  catalogFile: string;
  modelsDir: string;
  /** Compressed engine of a catalog entry. */
  engine(entry: EnginePlace): string;
  /** Compressed kernels of a catalog entry. */
  kernels(entry: EnginePlace & Pick<KernelsEntry, 'sm'>): string;
  /** A model's prepared file: `model.onnx`, `golden.json`, its sample. */
  prepared(model: string, file: string): string;
  /** The addon that was compiled for a runtime, "tensorrt-rtx 1.6.1". */
  addon(runtime: string): string;
  /** The folder with that runtime's libraries. */
  libraries(runtime: string): string;
  /** The addon that reads and writes picture files. */
  pixels: string;
}

/**
 * @param root `process.resourcesPath` of a packaged app, else the repository.
 * @param packaged whether the app is: only the place of the native build's files depends on it.
 */
export function paths(root: string, packaged: boolean): Paths {
  const addonDir = packaged ? path.join(root, 'native') : path.join(root, 'native', 'build');
  return {
    catalogFile: path.join(root, 'engines', 'catalog.json'),
    modelsDir: path.join(root, 'models'),
    engine: (entry) => path.join(root, 'engines', ...engineFile(entry).split('/')),
    kernels: (entry) => path.join(root, 'engines', ...kernelsFile(entry).split('/')),
    prepared: (model, file) => path.join(root, 'models', model, 'prepared', file),
    addon: (runtime) => path.join(addonDir, `refit-${runtimeSlug(runtime)}.node`),
    pixels: path.join(addonDir, 'pixels.node'),
    libraries: (runtime) =>
      packaged
        ? path.join(root, 'native', 'lib', versionOf(runtime))
        : path.join(root, 'native', 'sdk', versionOf(runtime), 'lib'),
  };
}
