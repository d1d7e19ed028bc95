/** What the engine host checks before it does what it is asked: nothing altered is loaded, opened or run. */
import type { HostCall, ToHost } from './hostProtocol';
import { Installed, type Seal } from './manifest';

type Gate = (asked: Pick<ToHost, 'call' | 'args'>) => Promise<unknown> | undefined;

/** Addon and engine library; a host that was started again may be asked any of these first. */
const native = 'native/';
/** ONNX Runtime's addon and library. */
const onnxRuntime = 'app.asar.unpacked/';

const needsNative: ReadonlySet<HostCall> = new Set<HostCall>([
  'detect',
  'warm',
  'refit',
  'check',
  'openGpu',
  'update',
  'compare',
]);

/**
 * @param seal JSON of a `Seal`, as main gives it to the hosts of an installed app. Undefined, in a development tree: all is open.
 * @returns says what a call has to wait for, if anything: a promise that rejects with AppError INSTALL_ALTERED.
 */
export function gateOf(seal: string | undefined): Gate {
  if (seal === undefined) return () => undefined;
  const installed = new Installed(JSON.parse(seal) as Seal);
  return ({ call, args }) => {
    const parts = needsNative.has(call) ? [native] : [];
    if (call === 'openCpu') parts.push(onnxRuntime);
    if ('card' in args && call !== 'openCpu' && call !== 'lookUp') parts.push(`engines/${args.card.id}/`);
    if ('card' in args && call !== 'lookUp') parts.push(`models/${args.card.id}/`);
    return parts.length > 0 ? Promise.all(parts.map((part) => installed.check(part))) : undefined;
  };
}
