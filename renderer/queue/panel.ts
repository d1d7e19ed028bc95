/** Whether the panel is about the queue, or about one picture. */
import { getScreen, type Screen, useScreen } from '../store';
import { getQueueScreen, useQueue } from './store';

/** Not while a picture is open that is none of the queue. */
const isAboutQueue = (shown: boolean, { looked, app }: Screen): boolean =>
  shown && (looked !== null || app.picture === null);

export function useQueuePanel(): boolean {
  const shown = useQueue((screen) => screen.shown);
  return useScreen((screen) => isAboutQueue(shown, screen));
}

export const isQueuePanel = (): boolean => isAboutQueue(getQueueScreen().shown, getScreen());
