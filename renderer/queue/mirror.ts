/** Keeps the window's copy of the queue: what main has at the start, then every event through the same `nextQueue`. */
import type { RefitApi } from '../../app/contract';
import { nextQueue, type QueueEvent, type QueueState } from '../../app/queue';
import { isSendingSettings } from './settings';
import { getQueueScreen, setQueueScreen, showQueue } from './store';

/** @returns once the queue was shown or refused. */
export async function mirrorQueue(main: Pick<RefitApi, 'getQueue' | 'onQueue'>): Promise<void> {
  /** Events that came while the queue was on its way. */
  let early: QueueEvent[] | null = [];
  main.onQueue((events) => {
    if (early) early.push(...events);
    else showQueue(after(getQueueScreen().queue, events));
  });
  const answer = await main.getQueue();
  const waiting = early;
  early = null;
  if (!answer.ok) setQueueScreen({ error: answer.error });
  else {
    showQueue(after(answer.value, waiting));
    // What was left of an earlier run is to be seen, however little.
    setQueueScreen({ shown: answer.value.items.length > 0 });
  }
}

/** An early event may be in the queue already. Applied again it changes nothing, but for added items, which would be there twice. */
function after(queue: QueueState, events: readonly QueueEvent[]): QueueState {
  return events.reduce((current, event) => {
    // The window's own settings are newer than those that come back.
    if (event.kind === 'settings' && isSendingSettings()) return current;
    if (event.kind !== 'added') return nextQueue(current, event);
    const known = new Set(current.items.map(({ id }) => id));
    return nextQueue(current, { ...event, items: event.items.filter(({ id }) => !known.has(id)) });
  }, queue);
}
