/** Hears the window's commands and checks who sends them. Imports little, because it listens before the rest of main is read. */
import { ipcMain, type WebContents } from 'electron';
import type { Channel, Outcome } from '../../app/contract';
import { isOurs } from './window';

/** The page asks these before it shows more than the app's name. */
export const firstAsked: readonly Channel[] = ['state:get', 'models:list'];

/** Answers a command (answer.ts). `refusal`: why the sender may not ask at all. Never throws. */
export type Answer<C extends string = Channel> = (
  channel: C,
  args: unknown,
  refusal?: string,
) => Promise<Outcome<unknown>>;

/**
 * @param only the contents of the window, or of a page that comes and goes: a message from any other sender, or from a frame that is not
 * ours, is refused.
 * @param answer commands wait for it.
 */
export function listen<C extends string>(
  only: () => WebContents | undefined,
  channels: readonly C[],
  answer: Promise<Answer<C>>,
): void {
  for (const channel of channels) {
    ipcMain.handle(channel, async ({ sender, senderFrame }, args: unknown) => {
      const isAllowed = sender === only() && senderFrame === sender.mainFrame && senderFrame && isOurs(senderFrame.url);
      const refusal = isAllowed ? undefined : `sender ${senderFrame?.url}`;
      return (await answer)(channel, args, refusal);
    });
  }
}
