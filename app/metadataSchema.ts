/** The schema of what the window says of a picture's metadata (metadata.ts). The window read a stranger's file, so main believes nothing. */
import { z } from 'zod';
import { maxDropped, maxMetadataBytes, maxTexts, type PictureMetadata } from './metadata';

const bytes = z.custom<Uint8Array>(
  (value) => value instanceof Uint8Array && value.byteLength <= maxMetadataBytes,
  `Expected Uint8Array of at most ${maxMetadataBytes} bytes`,
);
const short = z.string().max(300);

/** What was there but is not kept. `copy`: another program's, by the keyword it stands under. */
export const Dropped = z.discriminatedUnion('part', [
  z.strictObject({
    part: z.enum(['exif', 'icc', 'xmp', 'xmpExtension', 'iptc', 'text', 'texts']),
    why: z.enum(['tooLarge', 'tooMany', 'incomplete', 'unreadable']),
  }),
  z.strictObject({ part: z.literal('copy'), keyword: short }),
]);
export type Dropped = z.infer<typeof Dropped>;

export const Metadata: z.ZodType<PictureMetadata> = z.strictObject({
  exif: bytes.exactOptional(),
  icc: bytes.exactOptional(),
  xmp: bytes.exactOptional(),
  xmpExtension: bytes.exactOptional(),
  iptc: bytes.exactOptional(),
  density: z
    .strictObject({ x: z.number().positive(), y: z.number().positive(), unit: z.enum(['inch', 'cm']) })
    .exactOptional(),
  texts: z
    .array(z.strictObject({ kind: z.enum(['tEXt', 'zTXt', 'iTXt', 'COM']), keyword: short, bytes }))
    .max(maxTexts),
  bitDepth: z.int().min(1).max(64),
  colour: z.enum(['rgb', 'grey', 'cmyk']),
  frames: z
    .int()
    .min(0)
    // The most that an animated PNG can claim.
    .max(2 ** 32 - 1),
  profileName: short.exactOptional(),
  isDisplayP3: z.boolean(),
  isSrgb: z.boolean(),
  dropped: z.array(Dropped).max(maxDropped),
});
