/** Holds the app's state. Events change it; listeners receive each event that did, with its number and in that order. */
import { type AppState, type Event, initialState, type NumberedEvent, next, type Snapshot } from '../app/states';

export interface Store {
  get(): AppState;
  snapshot(): Snapshot;
  emit(event: Event): void;
  /** @returns a function that ends the subscription. */
  subscribe(listener: (event: NumberedEvent) => void): () => void;
}

export function createStore(): Store {
  let current: Snapshot = { sequence: 0, state: initialState };
  const listeners = new Set<(event: NumberedEvent) => void>();
  /** Not yet passed on: a listener may emit as well, and the others hear of that only after the event that it heard. */
  const waiting: NumberedEvent[] = [];
  return {
    get: () => current.state,
    snapshot: () => current,
    emit: (event) => {
      const state = next(current.state, event);
      if (state === current.state) return;
      const sequence = current.sequence + 1;
      current = { sequence, state };
      waiting.push({ sequence, event });
      if (waiting.length > 1) return;
      try {
        for (let [first] = waiting; first; [first] = waiting) {
          for (const listener of listeners) listener(first);
          waiting.shift();
        }
      } finally {
        // A listener that throws holds up no later event.
        waiting.length = 0;
      }
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
