/** Counts the faults that a test file makes, and writes the sum for `npm run fuzz -- --report`. */
import { afterAll, beforeAll } from 'vitest';
import { resultsDir } from '../fuzz/run';
import { dropTally, type FaultTally, faultsCommand, writeTally } from './tally';

export interface Faults {
  injected(count?: number): void;
  /** Call it after every promise was checked: the faults that were counted last did no harm. */
  outlived(count?: number): void;
}

/** @param run of the file that is written. @param name as in `FaultTally`. @param command likewise. */
export function tallyFaults(run: string, name: string, command: FaultTally['command'] = faultsCommand): Faults {
  let injected = 0;
  let outlived = 0;
  beforeAll(() => dropTally(resultsDir, run));
  afterAll(() => writeTally(resultsDir, run, { name, injected, survivors: injected - outlived, command }));
  return {
    injected: (count = 1) => {
      injected += count;
    },
    outlived: (count = 1) => {
      outlived += count;
    },
  };
}
