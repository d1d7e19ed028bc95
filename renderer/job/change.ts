/** A person's changes to a tool's answer: shown at once, applied by main one after the other. */
import type { Change } from '../../app/toolAnswer';
import { getScreen, type Screen, setScreen, shownResult } from '../store';

/** The answer that the shown result is made by: with the change that main has yet to apply, if there is one. */
export function changeIn<K extends Change['kind']>(screen: Screen, kind: K): Extract<Change, { kind: K }> | null {
  const result = shownResult(screen);
  if (result?.kind !== 'finished' || result.compared) return null;
  const { draft } = screen;
  const change = draft?.jobId === result.id ? draft.change : kind === 'hide' ? result.hides : result.cut;
  return change?.kind === kind ? (change as Extract<Change, { kind: K }>) : null;
}

let sending: Promise<void> = Promise.resolve();

/**
 * Shows a change and has main apply it. Refused while the result is being saved, since what is written is what is shown.
 * @returns whether it was taken.
 */
export function sendChange(change: Change): boolean {
  const screen = getScreen();
  const result = shownResult(screen);
  if (!result || screen.saving.kind === 'saving') return false;
  const draft = { jobId: result.id, change };
  setScreen({ draft, saving: { kind: 'no' }, commandError: null });
  sending = sending.then(() => send(draft));
  return true;
}

async function send(draft: NonNullable<Screen['draft']>): Promise<void> {
  // A later one takes its place.
  if (getScreen().draft !== draft) return;
  const answer = await window.refit.changeAnswer({ jobId: draft.jobId, answer: draft.change });
  if (getScreen().draft !== draft) return;
  // What main did not apply is not shown any more.
  setScreen({ draft: null, ...(!answer.ok && { commandError: answer.error }) });
}

/** Resolves once main has applied or refused all changes. */
export const settled = (): Promise<void> => sending;
