/** Several workshops as one: a page decodes and runs tools' code in one thread, so a task goes to the page that has the least to do. */
import type { Workshop } from './workshop';

export type Workshops = Omit<Workshop, 'handlers'>;

/** @param workshops the first is asked first; another gets its page once all before it are at work. */
export function createWorkshops(workshops: readonly Workshops[]): Workshops {
  const atWork = new Map<Workshops, number>(workshops.map((workshop) => [workshop, 0]));

  async function by<T>(work: (workshop: Workshops) => Promise<T>): Promise<T> {
    const [[idlest] = []] = [...atWork].sort(([, a], [, b]) => a - b);
    if (!idlest) throw new RangeError('Expected a workshop but received none');
    atWork.set(idlest, (atWork.get(idlest) ?? 0) + 1);
    try {
      return await work(idlest);
    } finally {
      atWork.set(idlest, (atWork.get(idlest) ?? 1) - 1);
    }
  }

  return {
    open: (...args) => by((workshop) => workshop.open(...args)),
    // One page is enough for what nobody waits for.
    thumbnail: (file) => workshops[0]?.thumbnail(file) ?? Promise.resolve(null),
    finish: (...args) => by((workshop) => workshop.finish(...args)),
    close: () => {
      for (const workshop of workshops) workshop.close();
    },
  };
}
