/** Finds the pauses of a person's work on the GPU: a race, which takes cores and memory for seconds, waits for one. */

export interface Pauses {
  /** Does a job's work. */
  during<T>(work: () => Promise<T>): Promise<T>;
  /** Resolves once no job has worked for a while, at once where none has yet. @throws `signal`'s reason. */
  next(signal: AbortSignal): Promise<void>;
}

/** @param longEnoughMs of a pause: between two pictures of a queue it is shorter. */
export function createPauses(longEnoughMs = 3000): Pauses {
  let working = 0;
  let endedAt = Number.NEGATIVE_INFINITY;
  return {
    during: async (work) => {
      working += 1;
      try {
        return await work();
      } finally {
        working -= 1;
        endedAt = performance.now();
      }
    },
    next: async (signal) => {
      for (;;) {
        signal.throwIfAborted();
        const left = working > 0 ? longEnoughMs : longEnoughMs - (performance.now() - endedAt);
        if (left <= 0) return;
        await new Promise((resolve) => setTimeout(resolve, left));
      }
    },
  };
}
