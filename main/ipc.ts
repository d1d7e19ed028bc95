/** The window's commands: sender checked, arguments parsed, errors turned into plain data. Nothing else listens. */
import { ipcMain, type WebContents } from 'electron';
import log from 'electron-log/main';
import { type Arguments, type Channel, commands, type Outcome, type Results } from '../app/contract';
import { AppError, toReport } from '../app/errors';
import { isOurs } from './window';

export type Handlers = { [C in Channel]: (args: Arguments<C>) => Results[C] | Promise<Results[C]> };

/** @param only the window's contents: a message from any other sender, or from a frame that is not ours, is refused. */
export function listen(only: WebContents, handlers: Handlers): void {
  for (const channel of Object.keys(commands) as Channel[])
    ipcMain.handle(channel, async (event, args: unknown): Promise<Outcome<unknown>> => {
      try {
        if (event.sender !== only || event.senderFrame !== only.mainFrame || !isOurs(event.senderFrame.url))
          throw new AppError('BAD_MESSAGE', { channel }, `sender ${event.senderFrame?.url}`);
        const parsed = commands[channel].safeParse(args);
        if (!parsed.success) throw new AppError('BAD_MESSAGE', { channel }, parsed.error.message);
        const handle = handlers[channel] as (args: unknown) => unknown;
        return { ok: true, value: await handle(parsed.data) };
      } catch (error) {
        const report = toReport(error);
        log.warn(channel, report.code, report.detail);
        return { ok: false, error: report };
      }
    });
}
