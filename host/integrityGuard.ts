/** Checks installed files before a call uses them, so that a host never loads, opens or runs an altered one. */
import { Installed, type Seal } from '../storage/manifest';
import type { HostCall, ToHost } from './protocol';

export interface IntegrityGuard {
  /** What a call must wait for, if anything: a promise that rejects with AppError INSTALL_ALTERED. */
  before(asked: Pick<ToHost, 'call' | 'args'>): Promise<unknown> | undefined;
  /** Resolves once the engine library may be loaded. `detect` waits for it itself, where it has found a GPU. @throws as `before`. */
  libraries(): Promise<void>;
}

/** An addon for each engine library, `native/refit-<runtime>.node`. */
const addons = 'native/refit-';
/** The engine libraries, 218 MB. */
const libraries = 'native/lib/';
/** Only the addon of picture files. The processor's path needs it too, and must work if the engine library is damaged. */
const pixels = 'native/pixels.node';
/** ONNX Runtime's package with its addon. */
const onnxRuntime = 'app.asar.unpacked/node_modules/onnxruntime-node/';
/** The packages of libvips and sharp's addon, which resample pictures and write JPEG and WebP. */
const libvips = 'app.asar.unpacked/node_modules/@img/';

/** These load the addon and the engine library. Any of them may be a restarted host's first call. */
const needsNative: ReadonlySet<HostCall> = new Set<HostCall>([
  'warm',
  'refit',
  'check',
  'openGpu',
  'update',
  'compare',
]);
/** These open picture files. */
const needsPixels: ReadonlySet<HostCall> = new Set<HostCall>([
  'compare',
  'infer',
  'inferPicture',
  'inferSheet',
  'view',
  'cut',
  'finish',
  'receive',
  'carry',
  'fullAlpha',
  'apply',
  'encode',
  'encodeAhead',
  // So that it stays behind the views asked for before it, which wait for this check.
  'forget',
]);
/** These belong to an engine: they wait for its files and its model's. */
const needsEngine: ReadonlySet<HostCall> = new Set<HostCall>([
  'warm',
  'verify',
  'refit',
  'check',
  'time',
  'keep',
  'openGpu',
  'update',
]);

/** @param seal given by main in an installed app. Undefined in a development tree: nothing is checked. */
export function integrityGuard(seal: Seal | undefined): IntegrityGuard {
  if (seal === undefined) return { before: () => undefined, libraries: async () => {} };
  const installed = new Installed(seal);
  return {
    before: ({ call, args }) => {
      const model = args !== null && 'model' in args ? args.model : undefined;
      const parts = needsNative.has(call) ? [addons, libraries] : [];
      if (call === 'detect') parts.push(addons);
      if (needsPixels.has(call)) parts.push(pixels);
      const isOnnx = call === 'openCpu' || call === 'openWebgpu';
      if (isOnnx) parts.push(onnxRuntime);
      if (call === 'encode') parts.push(libvips);
      if (needsEngine.has(call)) parts.push(`engines/${model}/`);
      if (needsEngine.has(call) || isOnnx) parts.push(`models/${model}/`);
      return parts.length > 0 ? Promise.all(parts.map((part) => installed.check(part))) : undefined;
    },
    libraries: () => installed.check(libraries),
  };
}
