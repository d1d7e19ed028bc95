/** The queue's commands. What main refuses is said in the panel. */
import type { Outcome, RefitApi } from '../../app/contract';
import { AppError } from '../../app/errors';
import type { QueueItem, Step } from '../../app/queue';
import { openPicture } from '../picture/open';
import { getScreen, setScreen } from '../store';
import { mayRemoveResult } from '../unsaved/ask';
import { canRetry, canSkip, getQueueScreen, setQueueScreen } from './store';

async function send(command: () => Promise<Outcome<null>>): Promise<boolean> {
  setQueueScreen({ error: null });
  const answer = await command();
  if (!answer.ok) setQueueScreen({ error: answer.error });
  return answer.ok;
}

/** Has main ask the person for pictures or a folder. @param before the item that they go before; null: at the end. */
export const chooseFor = (what: 'pictures' | 'folder', before: number | null = null): Promise<boolean> =>
  send(() => window.refit.chooseForQueue({ what, before }));
/** Adds what was dropped, pasted or chosen last. @param before as above. @param first opened by itself where it lies in no file. */
export async function addDropped(before: number | null, first: File | null): Promise<void> {
  setQueueScreen({ error: null });
  const answer = await window.refit.addDropped(before);
  if (!answer.ok) setQueueScreen({ error: answer.error });
  else if (answer.value === 'noFile' && first) await openPicture(first);
}
export const start = (): Promise<boolean> => send(() => window.refit.startQueue());
export const pause = (): Promise<boolean> => send(() => window.refit.pauseQueue());
export const chooseOutput = (where: Parameters<RefitApi['chooseOutput']>[0]): Promise<boolean> =>
  send(() => window.refit.chooseOutput(where));
export const keepRecipe = (name: string): Promise<boolean> => send(() => window.refit.keepRecipe(name));
export const dropRecipe = (name: string): Promise<boolean> => send(() => window.refit.dropRecipe(name));
export const showFolder = (): Promise<boolean> => send(() => window.refit.showQueueFolder());
export const setOwnSteps = (ids: number[], steps: Step[] | null): Promise<boolean> =>
  send(() => window.refit.setItemSteps({ ids, steps }));

/** Those of the ids whose items exist and pass `holds`, in the strip's order. */
const idsWhere = (ids: ReadonlySet<number>, holds: (item: QueueItem) => boolean = () => true): number[] =>
  getQueueScreen().queue.items.flatMap((item) => (ids.has(item.id) && holds(item) ? [item.id] : []));

const sendOf = async (ids: number[], command: (ids: number[]) => Promise<Outcome<null>>): Promise<void> => {
  if (ids.length > 0) await send(() => command(ids));
};
export const retry = (ids: ReadonlySet<number>): Promise<void> =>
  sendOf(idsWhere(ids, canRetry), (some) => window.refit.retryItems(some));
export const skip = (ids: ReadonlySet<number>): Promise<void> =>
  sendOf(idsWhere(ids, canSkip), (some) => window.refit.skipItems(some));
export const remove = (ids: ReadonlySet<number>): Promise<void> =>
  sendOf(idsWhere(ids), (some) => window.refit.removeItems(some));
export const move = (ids: ReadonlySet<number>, before: number | null): Promise<void> =>
  sendOf(idsWhere(ids), (some) => window.refit.moveItems({ ids: some, before }));

/** Skips what waits; where nothing does, tries again what failed or was skipped. */
export const skipOrRetry = (ids: ReadonlySet<number>): Promise<void> =>
  idsWhere(ids, canSkip).length > 0 ? skip(ids) : retry(ids);

/** Moves items by one place. */
export function moveBy(ids: ReadonlySet<number>, direction: -1 | 1): Promise<void> {
  const { items } = getQueueScreen().queue;
  const places = items.flatMap(({ id }, i) => (ids.has(id) ? [i] : []));
  const [first, last] = [places[0], places.at(-1)];
  if (first === undefined || last === undefined) return Promise.resolve();
  if (direction < 0 ? first === 0 : last === items.length - 1) return Promise.resolve();
  const before = direction < 0 ? items[first - 1] : items[last + 2];
  return move(ids, before?.id ?? null);
}

/** Shows an item large. What a person made and did not save is asked about first. */
export async function look(id: number): Promise<void> {
  if (!(await mayRemoveResult('open'))) return;
  const { app, busy } = getScreen();
  if (app.job.kind === 'running' || busy.kind !== 'no') {
    setScreen({ pictureError: new AppError('BUSY', {}).toReport() });
    return;
  }
  setScreen({
    looked: id,
    pictureError: null,
    commandError: null,
    saving: { kind: 'no' },
    size: { kind: 'whole' },
    view: { kind: 'fit' },
    brush: null,
  });
  setQueueScreen({ active: id, lookError: null });
  await refreshLook();
}

/** Has main show the item that is looked at as it is now. A later look ends this one. */
export async function refreshLook(): Promise<void> {
  const id = getScreen().looked;
  if (id === null) return;
  looks += 1;
  const own = looks;
  const answer = await window.refit.lookAtItem(id);
  // Its own state says why it failed, if it did.
  if (own === looks && getScreen().looked === id) setQueueScreen({ lookError: answer.ok ? null : answer.error });
}

let looks = 0;
