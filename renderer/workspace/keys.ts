import { useEffect } from 'react';
import { countItems } from '../../app/queue';
import { cutIn, redo, undo } from '../cut/edit';
import { cancelJob, startJob } from '../job/run';
import { saveResult } from '../picture/save';
import { chooseFor, pause, start } from '../queue/commands';
import { isQueuePanel } from '../queue/panel';
import { getQueueScreen, isRunning } from '../queue/store';
import { getScreen, shownResult } from '../store';
import { copyText, saveText } from '../text/take';
import { zoomKey } from './zoom';

/** The window's keys: Ctrl+O open, Ctrl+Shift+O a folder, Ctrl+S save, Ctrl+Z and Ctrl+Shift+Z undo and redo, Enter start, save or copy, Esc cancel, + − 0 1 zoom. */
export function useKeys(choose: () => void): void {
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      // An open question has keys of its own.
      if (event.defaultPrevented || event.altKey || getScreen().question) return;
      if (event.ctrlKey || event.metaKey) {
        const letter = letterOf(event);
        if (letter === 'o' && event.shiftKey) void chooseFor('folder');
        else if (letter === 'o') choose();
        else if (letter === 's') save();
        else if (letter === 'z' && canUndoIn(event.target)) (event.shiftKey ? redo : undo)();
        else if (letter === 'y' && canUndoIn(event.target)) redo();
        else return;
        event.preventDefault();
        return;
      }
      if (event.key === 'Escape') cancel();
      else if (event.key === 'Enter' && !hasOwnEnter(event.target)) primaryAction();
      else if (!isField(event.target)) zoomKey(event.key);
    };
    window.addEventListener('keydown', press);
    return () => window.removeEventListener('keydown', press);
  }, [choose]);
}

/** A key's Latin letter, whatever Caps Lock says. On a layout of another script: the letter at that place of a US keyboard. */
export const letterOf = ({ key, code }: Pick<KeyboardEvent, 'key' | 'code'>): string =>
  (/^[a-z]$/i.test(key) ? key : code.replace(/^Key/, '')).toLowerCase();

/** Whether a person types into the focused element. */
const isField = (target: EventTarget | null): boolean =>
  target instanceof Element && target.closest('input:is([type="text"], [type="number"]), select') !== null;

/** A field undoes what was typed into it. */
const canUndoIn = (target: EventTarget | null): boolean => cutIn(getScreen()) !== null && !isField(target);

/** Whether the focused element does something of its own on Enter. */
const hasOwnEnter = (target: EventTarget | null): boolean =>
  target instanceof Element &&
  target.closest('button, a, input, summary, [role="radio"], [role="dialog"], [role="menu"]') !== null;

function cancel(): void {
  if (isQueuePanel() && isRunning(getQueueScreen())) void pause();
  else void cancelJob();
}

function primaryAction(): void {
  if (isQueuePanel()) {
    const { queue } = getQueueScreen();
    if (queue.phase.kind !== 'running' && countItems(queue.items).open > 0) void start();
    return;
  }
  const result = shownResult(getScreen());
  if (result?.regions) void copyText();
  else if (result?.kind === 'finished') save();
  else void startJob();
}

function save(): void {
  // The queue saves its pictures itself.
  if (isQueuePanel()) return;
  if (shownResult(getScreen())?.regions) void saveText();
  else void saveResult();
}
