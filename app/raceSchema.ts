/** Races as they are kept, and as hosts tell of them. The window takes the types alone (vite.config.ts). */
import { z } from 'zod';
import { id, targets } from './catalog';

/** What tells one candidate of a model from another. */
export const CandidateKey = z.strictObject({ profile: id, target: z.enum(targets), cudaGraph: z.boolean() });
export type CandidateKey = z.infer<typeof CandidateKey>;

export const Timed = z.strictObject({
  kind: z.literal('timed'),
  /** Median of the network run and synchronized, its input and outputs on the device. */
  latencyMs: z.number().positive(),
  /** Of a loop that copies in, runs and copies out. */
  tilesPerSecond: z.number().positive(),
  /** What counts: output pixels a second that a picture gets out of it, of `whole` tools runs a second. */
  usefulPerSecond: z.number().positive(),
});
export type Timed = z.infer<typeof Timed>;

/** What became of one candidate. */
export const RaceRow = CandidateKey.extend({
  result: z.discriminatedUnion('kind', [
    Timed,
    /** It failed, or gave a wrong picture. */
    z.strictObject({ kind: z.literal('out'), reason: z.string() }),
    /** It was not tried. */
    z.strictObject({ kind: z.literal('skipped'), reason: z.string() }),
  ]),
});
export type RaceRow = z.infer<typeof RaceRow>;

/** A race that was run: who won and what was seen of all. */
export const Race = z.strictObject({ winner: CandidateKey, rows: z.array(RaceRow).max(1000) });
export type Race = z.infer<typeof Race>;
