/** Before a result that the person neither saved nor copied is lost, they are asked: once, in the window. */
import { isUnsaved } from '../../app/states';
import { saveResult } from '../picture/save';
import { getScreen, type Screen, setScreen, shownResult, useScreen } from '../store';
import { saveText } from '../text/take';

/** What would remove the result. */
export type Removal = 'open' | 'start' | 'compare' | 'leave';
export type Answer = 'save' | 'discard' | 'cancel';

const isLosable = ({ app, draft }: Screen): boolean =>
  // A change that main has yet to apply is not in the saved file.
  isUnsaved(app) || (app.result !== null && draft?.jobId === app.result.id);

/**
 * Asks where there is something to lose, and has it saved where the person says so. A question that is open gives way to this one.
 * @returns whether the result may go.
 */
export async function mayRemoveResult(by: Removal): Promise<boolean> {
  if (!isLosable(getScreen())) return true;
  getScreen().question?.answer('cancel');
  const answer = await new Promise<Answer>((resolve) =>
    setScreen({
      question: {
        by,
        answer: (given) => {
          setScreen({ question: null });
          resolve(given);
        },
      },
    }),
  );
  return answer === 'save' ? saveFirst() : answer === 'discard';
}

/** @returns whether it is saved. If not, the screen shows the result and why. */
async function saveFirst(): Promise<boolean> {
  const { selected, app } = getScreen();
  if (!app.result) return true;
  // Another tool may be chosen: what is saved is what was asked about.
  setScreen({ selected: app.result.model });
  await saveEnded();
  await (shownResult(getScreen())?.regions ? saveText() : saveResult());
  if (await isLosableInMain()) return false;
  if (selected !== app.result.model) setScreen({ selected, saving: { kind: 'no' } });
  return true;
}

/** Asks main: its answer to a save may overtake the event that says so. */
async function isLosableInMain(): Promise<boolean> {
  const answer = await window.refit.getState();
  const screen = getScreen();
  return isLosable(answer.ok ? { ...screen, app: answer.value.state } : screen);
}

/** A save that is under way ends first. */
function saveEnded(): Promise<void> {
  const isSaving = (): boolean => getScreen().saving.kind === 'saving';
  if (!isSaving()) return Promise.resolve();
  return new Promise((resolve) => {
    const stop = useScreen.subscribe(() => {
      if (isSaving()) return;
      stop();
      resolve();
    });
  });
}

/** From now on asks whenever the window is closed with something to lose. */
export function askBeforeLeaving(): void {
  window.refit.onLeaving(() => {
    void mayRemoveResult('leave').then((may) => {
      if (may) void window.refit.leave('leave');
    });
  });
}
