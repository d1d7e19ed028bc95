/** What one kind of input is tried on. */
import type { Random } from './random';

/** `refused`: said to be bad, in Refit's own words. `taken`: as good as another. Whatever is thrown past that is a fault. */
export type Verdict = 'refused' | 'taken';

export interface Target {
  name: string;
  /** Inputs of a whole run, and of the part that belongs to `npm test`. */
  inputs: number;
  quickInputs: number;
  /** A process that dies over an input is this target's own host, which the app outlives: counted, not a fault. */
  mayDie?: boolean;
  /** Milliseconds that one input may take, on a machine that is busy; 10 s where not said. */
  limitMs?: number;
  /** Memory that its process may hold at any moment; 1 GiB where not said. */
  maxBytes?: number;
  /** Milliseconds after which no further input is begun; without end where not said. */
  budgetMs?: number;
  /** Opens what is tried, in a process of its own. */
  open(): Promise<Trial>;
}

export const maxBytesOf = ({ maxBytes = 2 ** 30 }: Target): number => maxBytes;

export type Replay = (bytes: Uint8Array) => Promise<Verdict> | Verdict;

export interface Trial {
  /** Tries the input that these random numbers make. @throws for a fault. */
  try(random: Random): Promise<Verdict> | Verdict;
  /** Of trials whose inputs are files: makes one without trying it, to keep what was found; and tries one that was kept. */
  make?(random: Random): Uint8Array;
  replay?: Replay;
  close?(): Promise<void>;
}

/** A trial whose inputs are files. */
export const ofFiles = (make: (random: Random) => Uint8Array, replay: Replay): Trial => ({
  try: (random) => replay(make(random)),
  make,
  replay,
});

/** The name of its files in the corpus and among what was found. */
export const slugOf = ({ name }: Pick<Target, 'name'>): string =>
  name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replace(/-$/, '');

/** Whether a failure is one that was foreseen: an error of Refit's own, whose code is not that of a surprise. */
export function refusedBy(error: unknown, ...codes: string[]): Verdict {
  const { code, report } = error as { code?: unknown; report?: { code: unknown } };
  const said = report?.code ?? code;
  if (typeof said === 'string' && codes.includes(said)) return 'refused';
  throw error;
}
