/** How main answers a window's command: arguments parsed, work bounded, errors turned into plain data. */
import type { z } from 'zod';
import type { Arguments, Channel, Outcome, Results } from '../../app/contract';
import { AppError, type ErrorReport, toReport } from '../../app/errors';
import { firstFaults } from '../../app/faults';
import { isWithinLimits } from '../../app/withinLimits';

export type Handlers = { [C in Channel]: (args: Arguments<C>) => Results[C] | Promise<Results[C]> };

/** Limits on the commands under way, and on the bytes of pictures in them: far more than an honest window asks for. */
const maxUnderWay = 64;
const maxBytesUnderWay = 2 ** 31;
/** In all of a command's arguments. */
const maxKeys = 1000;
/** A tool may answer with 10,000 boxes of four numbers, or as many texts with four corners; a queue has as many pictures. */
const maxKeysOfMany = 200_000;
const many: readonly string[] = [
  'job:finish',
  'answer:change',
  'weights:compared',
  'queue:drop',
  'queue:remove',
  'queue:retry',
  'queue:skip',
  'queue:move',
  'queue:steps',
];

/**
 * @param schemas of all commands' arguments. @param shown an error as the window may see it. @param log takes it whole.
 * @returns what answers a command. Never throws. `refusal`: why the sender may not ask at all.
 */
export function createAnswerer<C extends string>(
  schemas: Record<C, z.ZodType>,
  handlers: Record<C, (args: never) => unknown>,
  shown: (report: ErrorReport) => ErrorReport,
  log: (channel: C, report: ErrorReport) => void,
): (channel: C, args: unknown, refusal?: string) => Promise<Outcome<unknown>> {
  let underWay = 0;
  let bytesUnderWay = 0;
  return async (channel, args, refusal) => {
    let bytes = 0;
    underWay += 1;
    try {
      if (refusal !== undefined) throw new AppError('BAD_MESSAGE', { channel }, refusal);
      // Checked before the arguments are parsed, which is work too.
      if (underWay > maxUnderWay) throw new AppError('BUSY', {});
      if (!isWithinLimits(args, many.includes(channel) ? maxKeysOfMany : maxKeys))
        throw new AppError('BAD_MESSAGE', { channel }, 'too much of it');
      const parsed = schemas[channel].safeParse(args);
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
