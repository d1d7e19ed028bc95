/** A target: the code that one kind of input is tried on. */
import type { Random } from './random';

/** `refused`: the input was called bad, in Refit's own words. `taken`: it was used as a good one. Any other error is a fault. */
export type Verdict = 'refused' | 'taken';

export interface Target {
  name: string;
  /** Inputs of a whole run, and of the part that belongs to `npm test`. */
  inputs: number;
  quickInputs: number;
  /** Whether a process that dies over an input is no fault, because it stands for a host, which the app outlives. */
  mayDie?: boolean;
  /** Milliseconds that one input may take on a busy machine; 10 s by default. */
  limitMs?: number;
  /** Bytes that its process may hold at any moment; 1 GiB by default. */
  maxBytes?: number;
  /** Milliseconds after which no further input is begun; no limit by default. */
  budgetMs?: number;
  /** Opens the target, in a process of its own. */
  open(): Promise<Trial>;
}

export const limitMsOf = ({ limitMs = 10_000 }: Target): number => limitMs;
export const maxBytesOf = ({ maxBytes = 2 ** 30 }: Target): number => maxBytes;

export type Replay = (bytes: Uint8Array) => Promise<Verdict> | Verdict;

export interface Trial {
  /** Tries the input that these random numbers make. @throws for a fault. */
  try(random: Random): Promise<Verdict> | Verdict;
  /** Only of trials whose inputs are files: `make` makes one without trying it, to keep a find; `replay` tries a kept one. */
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

/** The target's name in the corpus and among finds. */
export const slugOf = ({ name }: Pick<Target, 'name'>): string =>
  name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replace(/-$/, '');

/** Counts an error with one of these codes, which Refit foresaw, as a refusal. @throws any other error again. */
export function refusedBy(error: unknown, ...codes: string[]): Verdict {
  const { code, report } = error as { code?: unknown; report?: { code: unknown } };
  const said = report?.code ?? code;
  if (typeof said === 'string' && codes.includes(said)) return 'refused';
  throw error;
}
