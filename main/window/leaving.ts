/** A result that was not saved is not lost with the window: the person is asked first, in the window where that answers. */
import { type BrowserWindow, dialog } from 'electron';
import type { Arguments } from '../../app/contract';
import { words } from '../../words/main';
import log from '../log';

/** A window that does not ask within it is taken to be at an end. */
const answersMs = 2000;

export interface Leaving {
  /** What the window says of the question that it was told to ask. */
  told(step: Arguments<'app:leave'>): void;
  /** Closes the window without a question. */
  leave(): void;
}

/**
 * Keeps the window open when it is closed, or the app quits, with something that the person would lose.
 * @param isUnsaved whether there is. @param ask has the window ask the person; it answers through `told`.
 */
export function askBeforeLeaving(window: BrowserWindow, isUnsaved: () => boolean, ask: () => void): Leaving {
  let waiting: NodeJS.Timeout | undefined;
  let isBoxOpen = false;

  // Not `close`, which a page that hangs or a quit that was stopped can hold up.
  const leave = (): void => window.destroy();

  async function askInBox(): Promise<void> {
    if (isBoxOpen || window.isDestroyed()) return;
    log.warn('window', 'does not ask whether to close');
    isBoxOpen = true;
    const { message, detail, buttons } = words.leaving;
    const { response } = await dialog.showMessageBox({
      type: 'warning',
      message,
      detail,
      buttons: [buttons.stay, buttons.discard],
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
