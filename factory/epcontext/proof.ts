/**
 * Reads docs/epcontext-report.json, which test/epcontext/run.py writes on a GPU: which ways of loading EPContext models were seen to
 * work.
 */
import { z } from 'zod';

/** How an engine lies in an EPContext model: stripped, in the node; stripped, beside it; with its weights, beside it. */
export const ways = ['embedded', 'beside', 'plan'] as const;
export type Way = (typeof ways)[number];

/** Loads in new processes, one after the other, that must all be right: weights may get lost at the second. */
const leastLoads = 2;

const Result = z.object({
  runtime: z.string(),
  provider: z.string(),
  /** Null where no process lived long enough to tell. */
  onnxruntime: z.string().nullable(),
  way: z.string(),
  /** Who wrote the model: run.py by context.py, the provider, or `refit export`, by context.py too. */
  by: z.enum(['refit', 'provider', 'export']),
  /** What was done between two loads. A person who installs a model does nothing. */
  between: z.string(),
  source: z.string().optional(),
  options: z.record(z.string(), z.string()).optional(),
  loads: z.array(z.object({ right: z.boolean() })),
});

export const ProofReport = z.object({
  date: z.string(),
  gpu: z.string(),
  driver: z.string(),
  results: z.array(Result),
});
export type ProofReport = z.infer<typeof ProofReport>;

/** A way of loading that was seen to work, and with what. */
export interface Proof {
  way: Way;
  provider: string;
  onnxruntime: string;
  /** The provider that the context names. */
  source: string;
  /** Provider options of these loads, which every load needs. */
  options: Record<string, string>;
  gpu: string;
  driver: string;
  date: string;
}

/** The ways in which Refit's own models loaded right every time, in the order of `ways`. */
export function proofsOf({ results, gpu, driver, date }: ProofReport, runtime: string): Proof[] {
  return ways.flatMap((way) =>
    results.flatMap((result): Proof[] => {
      const { provider, onnxruntime, source, options, loads } = result;
      const isMeant = result.runtime === runtime && result.way === way && result.by !== 'provider';
      if (!isMeant || result.between !== 'nothing' || onnxruntime === null || !source || !options) return [];
      if (loads.length < leastLoads || !loads.every(({ right }) => right)) return [];
      return [{ way, provider, onnxruntime, source, options, gpu, driver, date }];
    }),
  );
}
