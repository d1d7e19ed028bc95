/** The window's copy of the queue, and what the window alone knows of it. */
import { create } from 'zustand';
import type { ErrorReport } from '../../app/errors';
import { emptyQueue, type QueueItem, type QueueState } from '../../app/queue';

export interface QueueScreen {
  queue: QueueState;
  /** Whether the strip shows: there is more than one picture, or there was and they are not all removed. */
  shown: boolean;
  /** Ids of the items that a command is for. */
  selection: ReadonlySet<number>;
  /** Id of the item that the arrow keys go on from. */
  active: number | null;
  folded: boolean;
  /** Why the item that is looked at cannot be shown. */
  lookError: ErrorReport | null;
  /** What went wrong with the last command. */
  error: ErrorReport | null;
}

export const useQueue = create<QueueScreen>()(() => ({
  queue: emptyQueue,
  shown: false,
  selection: new Set(),
  active: null,
  folded: false,
  lookError: null,
  error: null,
}));

export const { getState: getQueueScreen, setState: setQueueScreen } = useQueue;

/** Takes in the queue as main has it now; what is selected of items that are gone is forgotten. */
export function showQueue(queue: QueueState): void {
  const { shown, selection, active, queue: before } = getQueueScreen();
  const isShown = queue.items.length > 1 || (shown && queue.items.length > 0);
  if (queue.items.length >= before.items.length) {
    setQueueScreen({ queue, shown: isShown });
    return;
  }
  const ids = new Set(queue.items.map(({ id }) => id));
  setQueueScreen({
    queue,
    shown: isShown,
    selection: new Set([...selection].filter((id) => ids.has(id))),
    active: active !== null && ids.has(active) ? active : null,
  });
}

export const isRunning = ({ queue }: QueueScreen): boolean => queue.phase.kind === 'running';

export const itemOf = ({ queue }: QueueScreen, id: number | null): QueueItem | null =>
  (id !== null && queue.items.find((item) => item.id === id)) || null;

/** Whether an item can be tried again, or skipped. */
export const canRetry = ({ state }: QueueItem): boolean => state.kind === 'failed' || state.kind === 'skipped';
export const canSkip = ({ state }: QueueItem): boolean => state.kind === 'waiting';
