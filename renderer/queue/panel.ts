/** Whether what the window offers is about the queue, or about one picture. */
import { getScreen, type Screen, useScreen } from '../store';
import { getQueueScreen, useQueue } from './store';

/** Of a picture that is none of the queue, it is about that picture. */
const isAbout = (shown: boolean, { looked, app }: Screen): boolean =>
  shown && (looked !== null || app.picture === null);

export function useQueuePanel(): boolean {
  const shown = useQueue((screen) => screen.shown);
  return useScreen((screen) => isAbout(shown, screen));
}

export const isQueuePanel = (): boolean => isAbout(getQueueScreen().shown, getScreen());
