/** Coalesces events: the first is passed on at once, those that follow within a while are passed on together. */
export interface Coalesced<T> {
  add(item: T): void;
  /** Passes on at once what waits. */
  flush(): void;
}

/** @param pass receives the items that came since its last call, in order: at most once in `everyMs`, and at each `flush`. */
export function coalesce<T>(everyMs: number, pass: (items: T[]) => void): Coalesced<T> {
  let waiting: T[] = [];
  let timer: NodeJS.Timeout | undefined;
  const flush = (): void => {
    const items = waiting;
    waiting = [];
    if (items.length > 0) pass(items);
  };
  const next = (): void => {
    timer = undefined;
    if (waiting.length === 0) return;
    timer = setTimeout(next, everyMs);
    flush();
  };
  return {
    add: (item) => {
      waiting.push(item);
      if (!timer) next();
    },
    flush,
  };
}
