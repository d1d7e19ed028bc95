/** What a person makes of a tool's answer: shown at once, done by main, one change after the other. */
import type { Change } from '../../app/toolAnswer';
import { getScreen, type Screen, setScreen, shownResult } from '../store';

/** What the shown result is made by, a change that main has yet to do included. */
export function changeIn<K extends Change['kind']>(screen: Screen, kind: K): Extract<Change, { kind: K }> | null {
  const result = shownResult(screen);
  if (result?.kind !== 'finished' || result.compared) return null;
  const { draft } = screen;
  const change = draft?.jobId === result.id ? draft.change : kind === 'hide' ? result.hides : result.cut;
  return change?.kind === kind ? (change as Extract<Change, { kind: K }>) : null;
}

let sending: Promise<void> = Promise.resolve();

/** Not while the result is being saved: what is written is what is shown. @returns whether it is to be done. */
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
  // What main did not do is not shown as done.
  setScreen({ draft: null, ...(!answer.ok && { commandError: answer.error }) });
}

/** Resolves once main has done all changes. */
export const settled = (): Promise<void> => sending;
