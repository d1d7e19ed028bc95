/** What a person chose to compute on. Kept on disk, and sent by the window, which takes the type alone (vite.config.ts). */
import { z } from 'zod';
import { makers } from './makers';
import { runners } from './runner';

export const Preference = z.strictObject({
  /** uuid of the graphics card that engines are made for; null: the best. */
  gpu: z.string().min(1).max(100).nullable(),
  /** The best that jobs may run on: `gpu` leaves it to Refit. */
  upTo: z.enum(runners),
  /** Whose graphics card WebGPU works on; omitted: the one that it takes first. Heeded on Linux. */
  maker: z.enum(makers).exactOptional(),
  /** Whether the other cards that engines serve work on a queue as well. */
  sharesQueue: z.literal(true).exactOptional(),
});
export type Preference = z.infer<typeof Preference>;
