/**
 * Turns on the GPU, as a lock that is shared or exclusive: jobs and preparations share it, and a candidate that is timed has it alone. The
 * workshop's page is used in such turns too.
 */

export interface GpuTurns {
  /** Does work beside other work. Waits only while somebody has the GPU alone, which takes less than a second. */
  share<T>(work: () => Promise<T>): Promise<T>;
  /**
   * Does work once nobody else uses the GPU. Whoever shares it goes first: a long job is waited for, and nothing waits behind it.
   * Not to be called by who shares it.
   */
  alone<T>(work: () => Promise<T>): Promise<T>;
}

export function createGpuTurns(): GpuTurns {
  let sharing = 0;
  let isAlone = false;
  const waiting = new Set<() => void>();

  const release = () => new Promise<void>((resolve) => waiting.add(resolve));
  function released(): void {
    const resolvers = [...waiting];
    waiting.clear();
    for (const resolve of resolvers) resolve();
  }

  return {
    share: async (work) => {
      // Nothing is awaited between the look and the turn: another would take it as well.
      while (isAlone) await release();
      sharing += 1;
      try {
        return await work();
      } finally {
        sharing -= 1;
        released();
      }
    },
    alone: async (work) => {
      while (isAlone || sharing > 0) await release();
      isAlone = true;
      try {
        return await work();
      } finally {
        isAlone = false;
        released();
      }
    },
  };
}
