/** A person's changes of the boxes that *Blur faces* hides. The window shows them at once; main does them one after the other. */
import { type Box, type Hidden, maxBoxes } from '../../app/toolAnswer';
import { getScreen, type Screen, setScreen, shownResult } from '../store';

/** What the shown result hides, with changes that main has yet to do. */
export function hiddenIn(screen: Screen): Hidden | null {
  const result = shownResult(screen);
  if (!result?.hides || result.kind !== 'finished' || result.compared) return null;
  const { hideDraft } = screen;
  return hideDraft?.jobId === result.id ? hideDraft.hidden : result.hides;
}

let sending: Promise<void> = Promise.resolve();

/** Changes what is hidden. Does nothing during a save, so that the file has what is shown. */
export function changeHidden(change: Partial<Omit<Hidden, 'kind'>>): void {
  const screen = getScreen();
  const hidden = hiddenIn(screen);
  const result = shownResult(screen);
  if (!hidden || !result || screen.saving.kind === 'saving') return;
  const draft = { jobId: result.id, hidden: { ...hidden, ...change } };
  setScreen({ hideDraft: draft, saving: { kind: 'no' }, commandError: null });
  sending = sending.then(() => send(draft));
}

async function send(draft: NonNullable<Screen['hideDraft']>): Promise<void> {
  // A later change replaces it.
  if (getScreen().hideDraft !== draft) return;
  const answer = await window.refit.changeAnswer({ jobId: draft.jobId, answer: draft.hidden });
  if (getScreen().hideDraft !== draft) return;
  // From here on the result that main has is shown, whether it took the change or not.
  setScreen({ hideDraft: null, ...(!answer.ok && { commandError: answer.error }) });
}

/** Resolves once main has done all changes. */
export const settled = (): Promise<void> => sending;

export function replaceBox(index: number, box: Box): void {
  const hidden = hiddenIn(getScreen());
  if (hidden) changeHidden({ boxes: hidden.boxes.map((each, i) => (i === index ? box : each)) });
}

export function removeBox(index: number): void {
  const hidden = hiddenIn(getScreen());
  if (hidden) changeHidden({ boxes: hidden.boxes.filter((_, i) => i !== index) });
}

/** @returns its index; null where no more are taken. */
export function addBox(box: Box): number | null {
  const hidden = hiddenIn(getScreen());
  if (!hidden || hidden.boxes.length >= maxBoxes) return null;
  changeHidden({ boxes: [...hidden.boxes, box] });
  return hidden.boxes.length;
}
