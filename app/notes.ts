/** What a person should know of a picture or of a result beside what they see: codes and values, whose words are in words/notes.ts. */
import { z } from 'zod';
import { maxDropped } from './metadata';
import { Dropped } from './metadataSchema';

const count = z.int().min(0).max(1e9);
/** ISO date of a model version's install; null: it came with the app. */
const installedAt = z.string().max(100).nullable();

/** What a tool says where the picture alone does not tell, and which versions are compared. */
export const ResultNote = z.discriminatedUnion('code', [
  /** `smallest`: height in pixels of the smallest face that was looked for. */
  z.strictObject({ code: z.literal('FACES'), found: count, smallest: count }),
  z.strictObject({ code: z.literal('LINES'), found: count }),
  /** Of a cut-out: there is no clear subject, or it fills the picture, so that all is kept; or it is so small that it may be more. */
  z.strictObject({ code: z.enum(['SUBJECT_UNCLEAR', 'SUBJECT_FILLS', 'SUBJECT_SMALL']) }),
  z.strictObject({ code: z.literal('COMPARED'), left: installedAt, right: installedAt }),
]);
export type ResultNote = z.infer<typeof ResultNote>;

/** What was noticed when a picture was read. */
export const PictureNote = z.discriminatedUnion('code', [
  z.strictObject({ code: z.literal('END_MISSING') }),
  z.strictObject({ code: z.literal('FIRST_FRAME') }),
  z.strictObject({ code: z.literal('BIT_DEPTH'), bits: count }),
  z.strictObject({ code: z.literal('FROM_CMYK') }),
  z.strictObject({ code: z.literal('NOT_KEPT'), dropped: z.array(Dropped).max(maxDropped) }),
  /** A colour profile that the window cannot show. */
  z.strictObject({ code: z.literal('PROFILE_NOT_SHOWN'), profile: z.string().max(300).nullable() }),
]);
export type PictureNote = z.infer<typeof PictureNote>;
