/** The window's commands: sender checked, arguments parsed, errors turned into plain data. Nothing else listens. */
import { ipcMain, type WebContents } from 'electron';
import log from 'electron-log/main';
import { type Arguments, type Channel, commands, type Outcome, type Results } from '../app/contract';
import { AppError, type ErrorReport, toReport } from '../app/errors';
import { isOurs } from './window';

export type Handlers = { [C in Channel]: (args: Arguments<C>) => Results[C] | Promise<Results[C]> };

/** Commands, and bytes of pictures in them, that are worked on at once: far more than a window of ours asks for. */
const maxUnderWay = 64;
const maxBytesUnderWay = 2 ** 31;

/**
 * @param only the window's contents: a message from any other sender, or from a frame that is not ours, is refused.
 * @param shown an error as the window may see it.
 */
export function listen(
  only: WebContents,
  handlers: Handlers,
  shown: (report: ErrorReport) => ErrorReport = (report) => report,
): void {
  let underWay = 0;
  let bytesUnderWay = 0;
  for (const channel of Object.keys(commands) as Channel[])
    ipcMain.handle(channel, async (event, args: unknown): Promise<Outcome<unknown>> => {
      let bytes = 0;
      underWay += 1;
      try {
        if (event.sender !== only || event.senderFrame !== only.mainFrame || !isOurs(event.senderFrame.url))
          throw new AppError('BAD_MESSAGE', { channel }, `sender ${event.senderFrame?.url}`);
        // Before it is parsed, which is work too.
        if (underWay > maxUnderWay) throw new AppError('BUSY', {});
        const parsed = commands[channel].safeParse(args);
        // Whoever makes up a million names for fields gets none of them into the log.
        if (!parsed.success) throw new AppError('BAD_MESSAGE', { channel }, parsed.error.message.slice(0, 2000));
        bytes = bytesIn(parsed.data);
        bytesUnderWay += bytes;
        if (bytesUnderWay > maxBytesUnderWay) throw new AppError('BUSY', {});
        const handle = handlers[channel] as (args: unknown) => unknown;
        return { ok: true, value: await handle(parsed.data) };
      } catch (error) {
        const report = toReport(error);
        log.warn(channel, report.code, report.detail);
        return { ok: false, error: shown(report) };
      } finally {
        underWay -= 1;
        bytesUnderWay -= bytes;
      }
    });
}

/** Of all pictures in parsed arguments, which are shallow. */
function bytesIn(value: unknown): number {
  if (value instanceof Uint8Array) return value.byteLength;
  if (typeof value !== 'object' || value === null) return 0;
  return Object.values(value).reduce((sum, each) => sum + bytesIn(each), 0);
}
