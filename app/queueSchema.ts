/** What a person sets of a queue, as main parses it. The window takes the types alone (vite.config.ts). */
import { z } from 'zod';
import { id } from './catalog';
import { maxSide } from './pictureLimits';
import { maxRecipeName, maxSteps } from './queue';
import { hideStrengths, hideStyles } from './toolAnswer';
import { Ground } from './toolAnswerSchema';

/** One tool of a chain, with what a person chose of it. */
export const Step = z.strictObject({
  model: id,
  hide: z.strictObject({ style: z.enum(hideStyles), strength: z.enum(hideStrengths) }).optional(),
  ground: Ground.optional(),
});
export type Step = z.infer<typeof Step>;

/** The size that is written: as large as the tools make it, so many times the picture that was read, or so many pixels wide. */
const SavedSize = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('whole') }),
  z.strictObject({ kind: z.literal('times'), times: z.number().min(0.01).max(16) }),
  z.strictObject({ kind: z.literal('width'), width: z.int().min(1).max(maxSide) }),
]);
export type SavedSize = z.infer<typeof SavedSize>;

/** What is done to a picture, and how it is written. The queue and the command line take the same. */
export const Recipe = z.strictObject({
  /** Each takes what the one before made. One that gives text is the last. */
  steps: z.array(Step).min(1).max(maxSteps),
  format: z.enum(['png', 'jpeg', 'webp']),
  /** Of JPEG and WebP. */
  quality: z.int().min(1).max(100),
  size: SavedSize,
  keepMetadata: z.boolean(),
  keepPlace: z.boolean(),
  /** Of a recipe that gives text; `together`: one file for all pictures. */
  text: z.strictObject({ format: z.enum(['txt', 'csv', 'json']), together: z.boolean() }),
});
export type Recipe = z.infer<typeof Recipe>;

/** A recipe that a person keeps, to choose it again. */
export const NamedRecipe = z.strictObject({ name: z.string().min(1).max(maxRecipeName), recipe: Recipe });
export type NamedRecipe = z.infer<typeof NamedRecipe>;

/**
 * A file's name without its ending: {name}, {tool}, {size}, {number}, {date}; see outputName.ts. Slashes make no folders.
 */
export const NamePattern = z.string().min(1).max(200);

/** What a person set once, and finds again at the next start. */
export const QueueSettings = z.strictObject({
  recipe: Recipe,
  pattern: NamePattern,
  /** Whether folders that were added are found again, with theirs, in the output folder. */
  keepFolders: z.boolean(),
});
export type QueueSettings = z.infer<typeof QueueSettings>;
