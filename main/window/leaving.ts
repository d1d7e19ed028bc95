/** Asks the person before the window closes with an unsaved result: in the page, or in a box where the page does not answer. */
import { type BrowserWindow, dialog } from 'electron';
import type { Arguments } from '../../app/contract';
import { dialogs } from '../../words/dialogs';
import log from '../log';

/** A page that has not asked by then counts as hung. */
const answersMs = 2000;

export interface Leaving {
  /** Takes what the page says: that it asks the person, or that the window is to close. */
  told(step: Arguments<'app:leave'>): void;
  /** Closes the window without a question. */
  leave(): void;
}

/**
 * Keeps the window open when the person closes it, or quits the app, with an unsaved result.
 * @param isUnsaved whether there is one. @param ask has the page ask the person; the page answers through `told`.
 */
export function askBeforeLeaving(window: BrowserWindow, isUnsaved: () => boolean, ask: () => void): Leaving {
  let waiting: NodeJS.Timeout | undefined;
  let isBoxOpen = false;

  // Not `close`, which a hung page or a stopped quit can hold up.
  const leave = (): void => window.destroy();

  async function askInBox(): Promise<void> {
    if (isBoxOpen || window.isDestroyed()) return;
    log.warn('window', 'does not ask whether to close');
    isBoxOpen = true;
    const { response } = await dialog.showMessageBox({
      type: 'warning',
      message: dialogs.leaving.message,
      detail: dialogs.leaving.detail,
      buttons: [dialogs.wait, dialogs.leaving.discard],
      cancelId: 0,
    });
    isBoxOpen = false;
    if (response === 1 && !window.isDestroyed()) leave();
  }

  window.on('close', (event) => {
    if (!isUnsaved()) return;
    event.preventDefault();
    if (window.isMinimized()) window.restore();
    window.focus();
    clearTimeout(waiting);
    waiting = setTimeout(() => void askInBox(), answersMs);
    ask();
  });

  return {
    told: (step) => {
      clearTimeout(waiting);
      if (step === 'leave') leave();
    },
    leave,
  };
}
