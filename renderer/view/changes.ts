/** Passes main's news of which parts of a result changed on to the components that show it. */
import type { ChangedEvent } from '../../app/contract';

const watchers = new Set<(changed: ChangedEvent) => void>();

/** @returns a function that stops it. */
export function watchChanges(watcher: (changed: ChangedEvent) => void): () => void {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}

/** Tells all watchers. */
export function tellChanges(changed: ChangedEvent): void {
  for (const watcher of watchers) watcher(changed);
}
