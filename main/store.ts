/** Holds the app's state. Events change it; listeners receive each event that did, with its number. */
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
  return {
    get: () => current.state,
    snapshot: () => current,
    emit: (event) => {
      const state = next(current.state, event);
      if (state === current.state) return;
      const sequence = current.sequence + 1;
      current = { sequence, state };
      for (const listener of listeners) listener({ sequence, event });
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
