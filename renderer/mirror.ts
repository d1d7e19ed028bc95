/** The window's copy of main's state: one snapshot, then every event through the same `next` that main runs. */
import type { RefitApi } from '../app/contract';
import type { ErrorReport } from '../app/errors';
import { type AppState, type NumberedEvent, next, type Snapshot } from '../app/states';

/**
 * Copies the state and keeps the copy current. Parts of the state that an event does not change keep their identity, so
 * subscribers of those parts do not render again.
 * @param show receives the state after each change. @param fail receives why the state could not be asked for.
 * @returns once the first snapshot was shown or refused.
 */
export async function mirrorState(
  main: Pick<RefitApi, 'getState' | 'onEvent'>,
  show: (state: AppState) => void,
  fail: (error: ErrorReport) => void,
): Promise<void> {
  let current: Snapshot | undefined;
  /** Events that came while a snapshot was on its way. */
  let early: NumberedEvent[] = [];
  let asking = false;

  const take = (numbered: NumberedEvent): void => {
    // The snapshot has it already.
    if (current && numbered.sequence <= current.sequence) return;
    if (current && numbered.sequence === current.sequence + 1) {
      current = { sequence: numbered.sequence, state: next(current.state, numbered.event) };
      show(current.state);
      return;
    }
    // There is no snapshot, or an event was lost since.
    early.push(numbered);
    if (!asking) void ask();
  };

  const ask = async (): Promise<void> => {
    asking = true;
    const answer = await main.getState();
    asking = false;
    const waiting = early;
    early = [];
    if (!answer.ok) return fail(answer.error);
    current = answer.value;
    show(current.state);
    for (const numbered of waiting) take(numbered);
  };

  main.onEvent(take);
  await ask();
}
