/** How many models are prepared side by side. Pure. */

/** Measured with 16 cores: seven models took 34 s one by one, 12.5 s three at once, 11 s all seven. */
const most = 4;
/** A process that makes kernels keeps about this many cores busy. */
const coresEach = 2;
/** What a process holds on the GPU beside its engine: the driver's context and the library's. */
const contextBytes = 600e6;

/**
 * @param cores of the processor. @param freeBytes of the GPU's memory; undefined where that is not known.
 * @param engineBytes the most that one model's engine wants of it.
 * @returns 1 to 4.
 */
export function preparationsAtOnce(cores: number, freeBytes: number | undefined, engineBytes: number): number {
  // One share stays for the session that a job opens meanwhile.
  const fitting = freeBytes === undefined ? 1 : Math.floor(freeBytes / (engineBytes + contextBytes)) - 1;
  return Math.max(1, Math.min(most, fitting, Math.floor(cores / coresEach)));
}
