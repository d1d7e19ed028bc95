/** Which of a machine's graphics cards is the best for Refit, and why. Pure. */
import type { Gpu } from './machine';
import { sm, targetsFor, turing } from './targets';

export interface GpuRow {
  gpu: Gpu;
  /** Whether any engine could run on it. */
  serves: boolean;
}

/** Why the best card comes before the next one. */
export type GpuMerit =
  /** The others can run no engine. */
  | 'served'
  /** The next one is of the Turing generation. */
  | 'newer'
  /** More multiprocessors, or a higher clock. */
  | 'faster'
  /** As fast, with more memory. */
  | 'memory'
  /** Nothing: it comes first. */
  | 'alike';

export interface RankedGpus {
  /** The best first; those that no engine serves last. */
  rows: GpuRow[];
  /** Of the first; null where there is one alone, or no engine serves any. */
  merit: GpuMerit | null;
}

/**
 * Ranks cards: those that engines serve, Turing last among them, since TensorRT-RTX is little tuned for it (users measured an RTX 2060 at
 * 15 × the time of an RTX 3060); then by multiprocessors × clock, by which tensor cores of the same generation compare, and by memory.
 */
export function rankGpus(gpus: readonly Gpu[]): RankedGpus {
  // An unknown clock says nothing, so the others' are left out too.
  const withClock = gpus.every(({ clockKhz }) => clockKhz > 0);
  const rows = gpus
    .map((gpu) => ({ gpu, serves: targetsFor(gpu.computeCapability).length > 0 }))
    .sort((a, b) => compare(a, b, withClock).sign || a.gpu.index - b.gpu.index);
  const [first, second] = rows;
  return { rows, merit: first?.serves && second ? compare(first, second, withClock).merit : null };
}

/** @returns what sets one apart from another; `sign` is negative where the first one is better. */
function compare(a: GpuRow, b: GpuRow, withClock: boolean): { sign: number; merit: GpuMerit } {
  const isTuring = ({ gpu }: GpuRow): number => Number(sm(gpu.computeCapability) === turing);
  const speed = ({ gpu }: GpuRow): number => gpu.multiprocessors * (withClock ? gpu.clockKhz : 1);
  const steps: [GpuMerit, number][] = [
    ['served', Number(b.serves) - Number(a.serves)],
    ['newer', isTuring(a) - isTuring(b)],
    ['faster', speed(b) - speed(a)],
    ['memory', b.gpu.vramBytes - a.gpu.vramBytes],
  ];
  const [merit, sign] = steps.find(([, difference]) => difference !== 0) ?? ['alike', 0];
  return { sign, merit };
}
