/** Which of the kernels that ship with the app serve an engine on this machine. Pure. */
import type { Catalog, EngineEntry, KernelsEntry } from './catalog';
import { type Driver, formatCapability, type Gpu } from './machine';

/**
 * Finds kernels that pass the engine library's documented check here: the GPU has the SM version that compiled them, and neither
 * library nor CUDA is older than there. A newer library cannot occur while an engine is bound to one version; the check allows it all
 * the same.
 * @returns undefined if there are none: the library then compiles them here.
 */
export function kernelsFor(
  engine: EngineEntry,
  { gpu, driver, runtime }: { gpu: Gpu; driver: Driver; runtime: string },
  { kernels = [] }: Catalog,
): KernelsEntry | undefined {
  const sm = formatCapability(gpu.computeCapability);
  return kernels.find(
    (entry) =>
      entry.model === engine.model &&
      entry.profile === engine.profile &&
      entry.target === engine.target &&
      entry.engineSha256 === engine.engineSha256 &&
      entry.sm === sm &&
      entry.cudaVersion <= driver.cudaVersion &&
      isAtLeast(runtime, entry.runtime),
  );
}

/** Whether a runtime, "tensorrt-rtx 1.6.1", is of the same name as another and not older. */
function isAtLeast(runtime: string, other: string): boolean {
  const [name, version = ''] = runtime.split(' ');
  const [otherName, otherVersion = ''] = other.split(' ');
  if (name !== otherName) return false;
  const [have, need] = [version, otherVersion].map((text) => text.split('.').map(Number));
  for (let i = 0; i < Math.max(have?.length ?? 0, need?.length ?? 0); i++) {
    const difference = (have?.[i] ?? 0) - (need?.[i] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}
