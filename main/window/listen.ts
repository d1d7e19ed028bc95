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

/** The window, or a page that comes and goes. */
export interface Heard<C extends string> {
  contents(): WebContents | undefined;
  /** Commands wait for it. */
  answer: Promise<Answer<C>>;
}

/**
 * @param pages at least one, each with its own answers: a message from any other sender, or from a frame that is not ours, is refused.
 */
export function listen<C extends string>(channels: readonly C[], ...pages: readonly [Heard<C>, ...Heard<C>[]]): void {
  for (const channel of channels) {
    ipcMain.handle(channel, async ({ sender, senderFrame }, args: unknown) => {
      const page = pages.find(({ contents }) => contents() === sender);
      const isAllowed = page && senderFrame === sender.mainFrame && senderFrame && isOurs(senderFrame.url);
      const refusal = isAllowed ? undefined : `sender ${senderFrame?.url}`;
      return (await (page ?? pages[0]).answer)(channel, args, refusal);
    });
  }
}
