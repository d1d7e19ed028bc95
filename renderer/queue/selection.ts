/** Selects the items of the queue that a command is for. */
import { getQueueScreen, setQueueScreen } from './store';

/** This one alone. */
export const choose = (id: number): void => setQueueScreen({ selection: new Set([id]), active: id });

export function toggle(id: number): void {
  const selection = new Set(getQueueScreen().selection);
  if (!selection.delete(id)) selection.add(id);
  setQueueScreen({ selection, active: id });
}

/** Adds all items from the active one to this one. */
export function chooseTo(id: number): void {
  const { queue, active, selection } = getQueueScreen();
  const place = (wanted: number | null) => queue.items.findIndex((item) => item.id === wanted);
  const [from, to] = [place(active), place(id)];
  if (from < 0) {
    choose(id);
    return;
  }
  const between = queue.items.slice(Math.min(from, to), Math.max(from, to) + 1);
  setQueueScreen({ selection: new Set([...selection, ...between.map((item) => item.id)]), active: id });
}

export const chooseAll = (): void =>
  setQueueScreen({ selection: new Set(getQueueScreen().queue.items.map(({ id }) => id)) });

export const chooseNone = (): void => setQueueScreen({ selection: new Set() });
