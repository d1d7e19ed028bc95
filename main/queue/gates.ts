/** Bounds on what is under way at once: a gate by number (a semaphore), a pool by amount, turns by place. First come, first served. */

export interface Gate {
  /** Does work once fewer than `most` others are at work here. @throws `signal`'s reason while it waits. */
  through<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T>;
}

/** @param most how many at once. */
export function createGate(most: number): Gate {
  const pool = createPool(most);
  return {
    async through(work, signal) {
      const give = await pool.take(1, signal);
      try {
        return await work();
      } finally {
        give();
      }
    },
  };
}

export interface Pool {
  /**
   * Takes so much of it, once that is free. Who wants more than there is gets it when nobody else has any.
   * @returns gives it back. @throws `signal`'s reason while it waits.
   */
  take(amount: number, signal?: AbortSignal): Promise<() => void>;
}

/** @param total what there is, in any unit. */
export function createPool(total: number): Pool {
  let taken = 0;
  const waiting: { amount: number; go: () => void }[] = [];
  const fits = (amount: number): boolean => taken === 0 || taken + amount <= total;

  /** Nobody overtakes: a large one would wait for ever. */
  function next(): void {
    for (let first = waiting[0]; first && fits(first.amount); first = waiting[0]) {
      waiting.shift();
      taken += first.amount;
      first.go();
    }
  }

  return {
    async take(amount, signal) {
      signal?.throwIfAborted();
      await new Promise<void>((resolve, reject) => {
        const leave = (): void => {
          waiting.splice(waiting.indexOf(turn), 1);
          reject(signal?.reason);
          next();
        };
        const turn = {
          amount,
          go: () => {
            signal?.removeEventListener('abort', leave);
            resolve();
          },
        };
        waiting.push(turn);
        signal?.addEventListener('abort', leave);
        next();
      });
      let isGiven = false;
      return () => {
        if (isGiven) return;
        isGiven = true;
        taken -= amount;
        next();
      };
    },
  };
}

export interface Turns<Place> {
  /** Does work at the first place that is free among those that serve it. @throws `signal`'s reason while it waits. */
  at<T>(kind: string, work: (place: Place) => Promise<T>, signal?: AbortSignal): Promise<T>;
  /** Another place may serve what waits. */
  changed(): void;
}

/** @param serving the places for a kind of work, the most wanted first; asked anew whenever something may be free. */
export function createTurns<Place>(serving: (kind: string) => readonly Place[]): Turns<Place> {
  const busy = new Set<Place>();
  const waiting: { kind: string; go(place: Place): void }[] = [];

  function changed(): void {
    for (const turn of [...waiting]) {
      const free = serving(turn.kind).find((place) => !busy.has(place));
      if (free === undefined) continue;
      busy.add(free);
      waiting.splice(waiting.indexOf(turn), 1);
      turn.go(free);
    }
  }

  return {
    changed,
    async at(kind, work, signal) {
      signal?.throwIfAborted();
      const place = await new Promise<Place>((resolve, reject) => {
        const leave = (): void => {
          waiting.splice(waiting.indexOf(turn), 1);
          reject(signal?.reason);
        };
        const turn = {
          kind,
          go: (free: Place) => {
            signal?.removeEventListener('abort', leave);
            resolve(free);
          },
        };
        waiting.push(turn);
        signal?.addEventListener('abort', leave);
        changed();
      });
      try {
        return await work(place);
      } finally {
        busy.delete(place);
        changed();
      }
    },
  };
}
