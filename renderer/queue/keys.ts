/** The strip's keys. */
import type { KeyboardEvent } from 'react';
import { letterOf } from '../workspace/keys';
import { look, moveBy, remove, skipOrRetry } from './commands';
import { choose, chooseAll, chooseNone, chooseTo } from './selection';
import { getQueueScreen, setQueueScreen } from './store';

/** Items that Page Up and Page Down pass. */
const page = 8;

/** Arrows, Home, End and pages move. Shift selects on the way, Ctrl leaves the selection as it is, Alt moves the selected items along. */
export function stripKey(event: KeyboardEvent): void {
  if (!pressed(event)) return;
  event.preventDefault();
  event.stopPropagation();
}

/** @returns whether the key is one of the strip's. */
function pressed(event: KeyboardEvent): boolean {
  const { key, ctrlKey, metaKey, altKey } = event;
  const { active, selection } = getQueueScreen();
  // What is selected; without a selection the one that the keys stand at.
  const meant = selection.size > 0 || active === null ? selection : new Set([active]);
  if (altKey) {
    if (key !== 'ArrowLeft' && key !== 'ArrowRight') return false;
    void moveBy(meant, key === 'ArrowLeft' ? -1 : 1);
    return true;
  }
  const to = placeAfter(key);
  if (to !== null) {
    goTo(to, event);
    return true;
  }
  if (ctrlKey || metaKey) {
    if (letterOf(event.nativeEvent) !== 'a') return false;
    chooseAll();
    return true;
  }
  switch (key) {
    case 'Enter':
      if (active !== null) void look(active);
      return true;
    case 'Delete':
    case 'Backspace':
      removeMeant(meant);
      return true;
    case ' ':
      void skipOrRetry(meant);
      return true;
    case 'Escape':
      if (selection.size < 2) return false;
      chooseNone();
      return true;
  }
  return false;
}

function placeAfter(key: string): number | null {
  const { queue, active } = getQueueScreen();
  const at = queue.items.findIndex(({ id }) => id === active);
  const last = queue.items.length - 1;
  const places: Record<string, number> = {
    ArrowLeft: at - 1,
    ArrowUp: at - 1,
    ArrowRight: at + 1,
    ArrowDown: at + 1,
    PageUp: at - page,
    PageDown: at + page,
    Home: 0,
    End: last,
  };
  const to = places[key];
  return to === undefined ? null : Math.min(Math.max(to, 0), last);
}

function goTo(place: number, { shiftKey, ctrlKey, metaKey }: KeyboardEvent): void {
  const item = getQueueScreen().queue.items[place];
  if (!item) return;
  if (shiftKey) chooseTo(item.id);
  else if (ctrlKey || metaKey) setQueueScreen({ active: item.id });
  else choose(item.id);
}

/** Removes items; the keys go on from the next that stays. */
function removeMeant(meant: ReadonlySet<number>): void {
  const { queue, active } = getQueueScreen();
  const at = queue.items.findIndex(({ id }) => id === active);
  const stays = (from: typeof queue.items) => from.find(({ id }) => !meant.has(id));
  const next = stays(queue.items.slice(Math.max(at, 0))) ?? stays(queue.items.slice(0, Math.max(at, 0)).toReversed());
  void remove(meant).then(() => setQueueScreen({ active: next?.id ?? null }));
}
