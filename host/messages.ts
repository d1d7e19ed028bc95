/** Parses a host's messages by schema. A message that does not fit throws, and main/hosts/host.ts ends that host. */
import { z } from 'zod';
import { firstFaults } from '../app/faults';
import { isWithinLimits } from '../app/withinLimits';
import { count, events, type FromHost, type HostCall, type HostEvents, report, results } from './protocol';

/** Keys in a whole answer: a refit lists its weights by name. */
const maxKeys = 1_000_000;

const Answer = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('result'), id: count, value: z.unknown() }),
  z.object({ kind: z.literal('error'), id: count, error: report }),
]);

/** Events a second that no honest host reaches: the addon reports progress and tiles 60 times a second. */
const maxPerSecond: Record<keyof HostEvents, number> = { tiles: 1000, encoded: 1000, refitProgress: 500, outputs: 200 };
const isEvent = (name: unknown): name is keyof HostEvents => typeof name === 'string' && Object.hasOwn(events, name);

/** Parses one host process's messages. */
export class HostMessages {
  private second = 0;
  private counts: Partial<Record<keyof HostEvents, number>> = {};

  /**
   * @param callOf the call that has an id; undefined if no call waits for that answer.
   * @throws Error that says what is wrong with the message.
   */
  parse(message: unknown, callOf: (id: number) => HostCall | undefined): FromHost {
    const kind = field(message, 'kind');
    if (kind === 'alive') return { kind };
    if (kind === 'event') return this.parseEvent(message);
    const answer = checked(Answer, message);
    if (answer.kind === 'error') return answer;
    const call = callOf(answer.id);
    if (call && !isWithinLimits(answer.value, maxKeys)) throw new Error(`too much of an answer to ${call}`);
    return call ? { ...answer, value: checked<unknown>(results[call], answer.value) } : answer;
  }

  private parseEvent(message: unknown): FromHost {
    const event = field(message, 'event');
    if (!isEvent(event)) throw new Error('an event of no known name');
    const second = Math.floor(performance.now() / 1000);
    if (second !== this.second) this.counts = {};
    this.second = second;
    const said = (this.counts[event] ?? 0) + 1;
    this.counts[event] = said;
    if (said > maxPerSecond[event]) throw new Error(`more than ${maxPerSecond[event]} × ${event} in a second`);
    return { kind: 'event', event, data: checked<unknown>(events[event], field(message, 'data')) } as FromHost;
  }
}

const field = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;

function checked<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new Error(firstFaults(parsed.error));
}
