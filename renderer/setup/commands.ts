/** Setup's commands. An error shows beside the command's button. */
import type { Outcome } from '../../app/contract';
import type { Preference } from '../../app/preference';
import { setScreen } from '../store';
import { mayRemoveResult } from '../unsaved/ask';

async function send(command: () => Promise<Outcome<null>>): Promise<void> {
  setScreen({ commandError: null });
  const answer = await command();
  if (!answer.ok) setScreen({ commandError: answer.error });
}

export const prepare = (): Promise<void> => send(() => window.refit.prepare());
export const continueSetup = (): Promise<void> => send(() => window.refit.continueSetup());
export const retry = (): Promise<void> => send(() => window.refit.retry());
export const chooseDevice = (preference: Preference): Promise<void> =>
  send(() => window.refit.chooseDevice(preference));
export const restart = async (): Promise<void> => {
  if (await mayRemoveResult('leave')) await send(() => window.refit.restart());
};
export const showInFolder = (): Promise<void> => send(() => window.refit.showInFolder());
