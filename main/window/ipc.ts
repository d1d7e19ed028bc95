/** Listens for the window's commands, checks their sender and has them answered (answer.ts). Nothing else listens (log.ts). */
import { ipcMain, type WebContents } from 'electron';
import type { z } from 'zod';
import { commands } from '../../app/contract';
import type { ErrorReport } from '../../app/errors';
import log from '../log';
import { createAnswerer, type Handlers } from './answer';
import { isOurs } from './window';

/**
 * @param only the window's contents: a message from any other sender, or from a frame that is not our page, is refused.
 * @param shown takes out of an error what the window may not see.
 */
export function listen(only: WebContents, handlers: Handlers, shown: (report: ErrorReport) => ErrorReport): void {
  listenTo(() => only, commands, handlers, shown);
}

/** Likewise of a page that may come and go. */
export function listenTo<C extends string>(
  only: () => WebContents | undefined,
  schemas: Record<C, z.ZodType>,
  handlers: Record<C, (args: never) => unknown>,
  shown: (report: ErrorReport) => ErrorReport,
): void {
  const answer = createAnswerer(schemas, handlers, shown, (channel, { code, detail }) =>
    log.warn(channel, code, detail),
  );
  for (const channel of Object.keys(schemas) as C[])
    ipcMain.handle(channel, ({ sender, senderFrame }, args: unknown) => {
      const isAllowed = sender === only() && senderFrame === sender.mainFrame && senderFrame && isOurs(senderFrame.url);
      return answer(channel, args, isAllowed ? undefined : `sender ${senderFrame?.url}`);
    });
}
