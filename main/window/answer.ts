/** Answers the window's commands: parses their arguments, bounds the work, turns errors into plain data. */
import { type Arguments, type Channel, commands, type Outcome, type Results } from '../../app/contract';
import { AppError, type ErrorReport, toReport } from '../../app/errors';
import { firstFaults } from '../../app/faults';
import { isWithinLimits } from '../../app/withinLimits';

export type Handlers = { [C in Channel]: (args: Arguments<C>) => Results[C] | Promise<Results[C]> };

/** Limits on the commands under way, and on the bytes of pictures in them: far more than an honest window asks for. */
const maxUnderWay = 64;
const maxBytesUnderWay = 2 ** 31;
/** Limits on the keys in all of a command's arguments. A tool may answer with 10,000 boxes of four numbers, or as many texts with corners. */
const maxKeys = 1000;
const maxKeysOfAnswer = 200_000;
const hasAnswer = (channel: Channel): boolean => ['job:finish', 'answer:change', 'weights:compared'].includes(channel);

/**
 * @param shown takes out of an error what the window may not see. @param log takes the whole error.
 * @returns a function that answers a command and never throws. Its `refusal` says why the sender may not ask at all.
 */
export function createAnswerer(
  handlers: Handlers,
  shown: (report: ErrorReport) => ErrorReport,
  log: (channel: Channel, report: ErrorReport) => void,
): (channel: Channel, args: unknown, refusal?: string) => Promise<Outcome<unknown>> {
  let underWay = 0;
  let bytesUnderWay = 0;
  return async (channel, args, refusal) => {
    let bytes = 0;
    underWay += 1;
    try {
      if (refusal !== undefined) throw new AppError('BAD_MESSAGE', { channel }, refusal);
      // Checked before the arguments are parsed, which is work too.
      if (underWay > maxUnderWay) throw new AppError('BUSY', {});
      if (!isWithinLimits(args, hasAnswer(channel) ? maxKeysOfAnswer : maxKeys))
        throw new AppError('BAD_MESSAGE', { channel }, 'too much of it');
      const parsed = commands[channel].safeParse(args);
      if (!parsed.success) throw new AppError('BAD_MESSAGE', { channel }, firstFaults(parsed.error));
      bytes = bytesIn(parsed.data);
      bytesUnderWay += bytes;
      if (bytesUnderWay > maxBytesUnderWay) throw new AppError('BUSY', {});
      const handle = handlers[channel] as (args: unknown) => unknown;
      return { ok: true, value: await handle(parsed.data) };
    } catch (error) {
      const report = toReport(error);
      log(channel, report);
      return { ok: false, error: shown(report) };
    } finally {
      underWay -= 1;
      bytesUnderWay -= bytes;
    }
  };
}

/** Bytes of all pictures in parsed arguments, which are shallow. */
function bytesIn(value: unknown): number {
  if (value instanceof Uint8Array) return value.byteLength;
  if (typeof value !== 'object' || value === null) return 0;
  return Object.values(value).reduce((sum, each) => sum + bytesIn(each), 0);
}
