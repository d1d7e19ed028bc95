/** Listens for the window's commands, checks their sender and has them answered (answer.ts). Nothing else listens (log.ts). */
import { ipcMain, type WebContents } from 'electron';
import { type Channel, commands } from '../../app/contract';
import type { ErrorReport } from '../../app/errors';
import log from '../log';
import { createAnswerer, type Handlers } from './answer';
import { isOurs } from './window';

/**
 * @param only the window's contents: a message from any other sender, or from a frame that is not our page, is refused.
 * @param shown takes out of an error what the window may not see.
 */
export function listen(only: WebContents, handlers: Handlers, shown: (report: ErrorReport) => ErrorReport): void {
  const answer = createAnswerer(handlers, shown, (channel, { code, detail }) => log.warn(channel, code, detail));
  for (const channel of Object.keys(commands) as Channel[])
    ipcMain.handle(channel, ({ sender, senderFrame }, args: unknown) => {
      const isAllowed = sender === only && senderFrame === only.mainFrame && senderFrame && isOurs(senderFrame.url);
      return answer(channel, args, isAllowed ? undefined : `sender ${senderFrame?.url}`);
    });
}
