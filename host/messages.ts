/**
 * What an engine host may say to main, as schemas. The host meets native code, plans and strangers' pixels, so main believes
 * nothing that it sends before it was parsed, and ends a host that speaks nonsense (host.ts).
 */
import { z } from 'zod';
import type { ErrorCode, ErrorReport } from '../app/errors';
import { errorWords } from '../app/errorWords';
import { firstFaults } from '../app/faults';
import { isModest } from '../app/modest';
import { maxViewPixels } from '../app/pictureLimits';
import { Race, Timed } from '../app/race';
import type { FromHost, HostCall, HostCalls, HostEvents } from './protocol';

/** What a person may unfold to read; a library's log is long, so longer ones are cut, not refused. */
const maxTextLength = 20_000;
/** In a whole answer; a refit names its weights. */
const maxKeys = 1_000_000;
const text = z.string().transform((said) => said.slice(0, maxTextLength));
const short = z.string().max(1000);
const count = z.int().min(0);
const ms = z.number().min(0);
const bytes = z.custom<Uint8Array>((value) => value instanceof Uint8Array, 'Expected Uint8Array for bytes');

const codes = Object.keys(errorWords) as [ErrorCode, ...ErrorCode[]];
const report = z.object({ code: z.enum(codes), message: text, remedy: text, detail: text });

const bytesOf = { uint8: 1, float32: 4 } as const;
const output = z
  .object({
    name: short,
    dtype: z.enum(['uint8', 'float32']),
    shape: z.array(count).max(8),
    bytes,
  })
  .refine(({ dtype, shape, bytes: { byteLength } }) => shape.reduce((a, b) => a * b, bytesOf[dtype]) === byteLength, {
    message: 'Expected as many bytes as the shape says',
  });
const outputs = z.array(output).max(16);
const viewed = z.object({
  bytes: z.custom<Uint8Array>(
    (value) => value instanceof Uint8Array && value.byteLength <= maxViewPixels * 4,
    'Expected bytes of a view',
  ),
});

const rect = z.object({ x: count, y: count, width: z.int().positive(), height: z.int().positive() });
/** Tiles in one word: of the largest picture, all of them. */
const maxRects = 20_000;
const tiles = z.object({ jobId: count, done: count, total: count, rects: z.array(rect).max(maxRects) });
const refitProgress = z.object({
  model: short,
  weightsDone: count,
  weightsTotal: count,
  bytesDone: count,
  bytesTotal: count,
});

const events: { [E in keyof HostEvents]: z.ZodType<HostEvents[E]> } = {
  tiles,
  encoded: z.object({ id: count, share: z.number().min(0).max(1) }),
  refitProgress,
  outputs: z.object({ jobId: count, outputs }),
};

const fact = <T extends z.ZodType>(value: T) =>
  z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('known'), value }),
    z.object({ kind: z.literal('unknown'), reason: text }),
  ]);
const machine = z.object({
  driver: fact(z.object({ version: short.nullable(), cudaVersion: count })),
  gpus: fact(
    z
      .array(
        z.object({
          index: count,
          name: short,
          uuid: short,
          computeCapability: z.object({ major: count, minor: count }),
          vramBytes: count,
        }),
      )
      .max(1024),
  ),
  runtime: fact(short),
  parser: fact(text),
});

const session = { deserializeMs: ms, contextMs: ms, vramBytes: count, kernelsUsed: z.boolean() };
const nothing = z.null();

/** Of every call. Nothing here is strict: a strict schema names each key that it does not know, of which there can be millions. */
const results: { [C in HostCall]: z.ZodType<HostCalls[C]['result']> } = {
  detect: machine,
  sweep: nothing,
  lookUp: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('hit'), race: Race }),
    z.object({ kind: z.literal('absent'), changed: z.literal(true).exactOptional() }),
    z.object({ kind: z.literal('damaged'), detail: text }),
  ]),
  warm: nothing,
  verify: z.object({ engineBytes: count, onnxBytes: count, kernelsRefused: text.exactOptional() }),
  refit: z.object({
    planBytes: count,
    weights: count,
    weightBytes: count,
    sources: z.array(z.string()).max(1_000_000),
    deserializeMs: ms,
    refitMs: ms,
    serializeMs: ms,
    writeMs: ms,
  }),
  // NaN where the picture was not even numbers.
  check: z.object({ passed: z.boolean(), maxAbsError: z.number().or(z.nan()), detail: text, ...session }),
  time: Timed,
  keep: nothing,
  openGpu: z.object(session),
  update: z.discriminatedUnion('kind', [
    z.object({
      kind: z.literal('updated'),
      figures: z.object({
        by: z.enum(['tensors', 'onnx']),
        weights: count,
        weightBytes: count,
        planBytes: count,
        refitMs: ms,
        serializeMs: ms,
        elapsedMs: ms,
        ...session,
      }),
    }),
    z.object({ kind: z.literal('absent'), why: text }),
  ]),
  compare: z.tuple([outputs, outputs]).nullable(),
  release: nothing,
  openCpu: nothing,
  infer: z.object({ kind: z.enum(['done', 'cancelled']) }),
  inferPart: outputs,
  cancel: nothing,
  view: viewed,
  cut: viewed,
  apply: nothing,
  encode: z.object({ bytes: count }),
  cancelEncode: nothing,
  forget: nothing,
};

const Answer = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('result'), id: count, value: z.unknown() }),
  z.object({ kind: z.literal('error'), id: count, error: report }),
]);

/** Messages a second of each kind that no honest host reaches: the addon tells progress and tiles 60 times. */
const maxPerSecond: Record<keyof HostEvents, number> = { tiles: 1000, encoded: 1000, refitProgress: 500, outputs: 200 };
const isEvent = (name: unknown): name is keyof HostEvents => typeof name === 'string' && Object.hasOwn(events, name);

/** Parses what one host process says. */
export class HostMessages {
  private second = 0;
  private counts: Partial<Record<keyof HostEvents, number>> = {};

  /**
   * @param callOf the call that an id was given to; undefined where nothing waits for it (the answer is then of no use).
   * @throws Error with what is wrong with it.
   */
  parse(message: unknown, callOf: (id: number) => HostCall | undefined): FromHost {
    const kind = field(message, 'kind');
    if (kind === 'alive') return { kind };
    if (kind === 'event') return this.parseEvent(message);
    const answer = checked<{ kind: 'error'; id: number; error: ErrorReport } | Result>(Answer, message);
    if (answer.kind === 'error') return answer;
    const call = callOf(answer.id);
    if (call && !isModest(answer.value, maxKeys)) throw new Error(`too much of an answer to ${call}`);
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

type Result = Extract<FromHost, { kind: 'result' }>;

const field = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;

function checked<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new Error(firstFaults(parsed.error));
}
