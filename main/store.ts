/** The one holder of the app's state: events go in, whole states go out. */
import { type AppState, type Event, initialState, next } from '../app/states';

export interface Store {
  get(): AppState;
  emit(event: Event): void;
  /** @returns a function that stops it. */
  subscribe(listener: (state: AppState) => void): () => void;
}

export function createStore(): Store {
  let state = initialState;
  const listeners = new Set<(state: AppState) => void>();
  return {
    get: () => state,
    emit: (event) => {
      state = next(state, event);
      for (const listener of listeners) listener(state);
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
