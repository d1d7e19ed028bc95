/** What verifyOne.ts is told, and its answer. */
import { z } from 'zod';

export interface VerifyTask {
  /** `model/profile/target`. */
  engine: string;
}

export const VerifyAnswer = z.discriminatedUnion('passed', [
  z.strictObject({
    passed: z.literal(true),
    /** Largest difference from ONNX Runtime's reference, in the outputs' own units; within the card's bounds. */
    maxAbsError: z.number(),
    refitMs: z.number(),
    /** Hash check, refit, session and picture together. */
    elapsedMs: z.number(),
  }),
  z.strictObject({ passed: z.literal(false), reason: z.string() }),
]);
export type VerifyAnswer = z.infer<typeof VerifyAnswer>;
