/** What follows from a change of the queue, without a person's doing. */
import type { ItemState } from '../../app/queue';
import { getScreen, setScreen, useScreen } from '../store';
import { look, refreshLook, remove } from './commands';
import { isQueuePanel } from './panel';
import { beginSettings, changeTool } from './settings';
import { getQueueScreen, itemOf, type QueueScreen, setQueueScreen, useQueue } from './store';

/** From now on, keeps what is looked at and the chosen tool in step with the queue. @returns a function that stops it. */
export function followQueue(): () => void {
  if (getQueueScreen().shown) beginSettings();
  lookAtFirst();
  const stops = [
    useQueue.subscribe((now, before) => {
      if (now.shown && !before.shown) beginSettings();
      if (now.queue.items !== before.queue.items) followLook(now, before);
      if (firstToolOf(now) !== firstToolOf(before)) chooseFirstTool();
    }),
    useScreen.subscribe((now, before) => {
      // Beside a queue, a picture that is none of it has a tool of its own.
      if (now.selected && now.selected !== before.selected && isQueuePanel()) changeTool(now.selected);
      if (now.looked !== null && before.looked === null) chooseFirstTool();
      if (now.looked === null && before.looked !== null) leave();
      if (now.app.setup.kind === 'ready' && before.app.setup.kind !== 'ready') lookAtFirst();
    }),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}

const isOpen = ({ kind }: ItemState): boolean => kind !== 'saved' && kind !== 'failed' && kind !== 'skipped';

/** Shows what an earlier run left, from the first that is still to be done. */
function lookAtFirst(): void {
  const { items } = getQueueScreen().queue;
  const first = items.find(({ state }) => isOpen(state)) ?? items[0];
  if (first && getScreen().looked === null && getScreen().app.picture === null && canLook()) void look(first.id);
}

/** A person at work on a picture is not taken away from it. */
function canLook(): boolean {
  const { app, busy } = getScreen();
  return app.setup.kind === 'ready' && app.job.kind !== 'running' && busy.kind === 'no';
}

function followLook(now: QueueScreen, before: QueueScreen): void {
  const { looked } = getScreen();
  const { items } = now.queue;
  if (looked === null) {
    // New ones came, and none of the queue is seen.
    const known = new Set(before.queue.items.map(({ id }) => id));
    const first = items.find(({ id }) => !known.has(id));
    if (first && canLook()) void look(first.id);
    return;
  }
  const item = itemOf(now, looked);
  if (!item) {
    const at = before.queue.items.findIndex(({ id }) => id === looked);
    const next = items[Math.min(at, items.length - 1)];
    if (next && canLook()) void look(next.id);
    else setScreen({ looked: null });
    return;
  }
  // Its result can be seen now.
  if (item.state.kind === 'saved' && itemOf(before, looked)?.state.kind !== 'saved' && canLook()) void refreshLook();
}

/** Chooses the first tool of the recipe, which main keeps from queue to queue. */
function chooseFirstTool(): void {
  const first = firstToolOf(getQueueScreen());
  if (!isQueuePanel() || first === undefined) return;
  const { selected, models } = getScreen();
  if (first !== selected && models.some(({ id }) => id === first)) setScreen({ selected: first });
}

const firstToolOf = ({ queue }: QueueScreen): string | undefined => queue.settings?.recipe.steps[0]?.model;

/** Another picture was opened. A lone one of the queue gives way to it, as every picture does. */
function leave(): void {
  setQueueScreen({ lookError: null });
  const { shown, queue } = getQueueScreen();
  if (!shown && queue.items.length > 0) void remove(new Set(queue.items.map(({ id }) => id)));
}
