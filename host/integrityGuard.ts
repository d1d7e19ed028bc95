/** What the engine host checks before it does what it is asked: nothing altered is loaded, opened or run. */

import { Installed, type Seal } from '../storage/manifest';
import type { HostCall, ToHost } from './protocol';

type IntegrityGuard = (asked: Pick<ToHost, 'call' | 'args'>) => Promise<unknown> | undefined;

/** Addon and engine library; a host that was started again may be asked any of these first. */
const native = 'native/';
/** The addon of picture files alone, which the processor's path needs too: it works where the engine library is damaged. */
const pixels = 'native/pixels.node';
/** ONNX Runtime with its addon, as its package has them. */
const onnxRuntime = 'app.asar.unpacked/node_modules/onnxruntime-node/';
/** What resamples and writes JPEG and WebP: libvips and sharp's addon, in packages of their own. */
const libvips = 'app.asar.unpacked/node_modules/@img/';

const needsNative: ReadonlySet<HostCall> = new Set<HostCall>([
  'detect',
  'warm',
  'refit',
  'check',
  'openGpu',
  'update',
  'compare',
]);
const needsPixels: ReadonlySet<HostCall> = new Set<HostCall>([
  'compare',
  'infer',
  'view',
  'cut',
  'carry',
  'apply',
  'encode',
  'encodeAhead',
  // After the views that were asked for before it, which wait for the same check.
  'forget',
]);
/** Read an engine, or the files of its model. */
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

/**
 * @param seal as main gives it to the hosts of an installed app. Undefined, in a development tree: all is open.
 * @returns says what a call has to wait for, if anything: a promise that rejects with AppError INSTALL_ALTERED.
 */
export function integrityGuard(seal: Seal | undefined): IntegrityGuard {
  if (seal === undefined) return () => undefined;
  const installed = new Installed(seal);
  return ({ call, args }) => {
    const model = args !== null && 'model' in args ? args.model : undefined;
    const parts = needsNative.has(call) ? [native] : [];
    if (needsPixels.has(call)) parts.push(pixels);
    if (call === 'openCpu') parts.push(onnxRuntime);
    if (call === 'encode') parts.push(libvips);
    if (needsEngine.has(call)) parts.push(`engines/${model}/`);
    if (needsEngine.has(call) || call === 'openCpu') parts.push(`models/${model}/`);
    return parts.length > 0 ? Promise.all(parts.map((part) => installed.check(part))) : undefined;
  };
}
