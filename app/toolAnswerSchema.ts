/**
 * What a `whole` tool's own code answers: what to do to the picture, not a picture of full size. The window or a host runs that code and
 * main believes nothing of it, so a schema parses each answer. The window takes the types alone (vite.config.ts).
 */
import { z } from 'zod';
import {
  cutBases,
  hideStrengths,
  hideStyles,
  maxBoxes,
  maxCutNumbers,
  maxStrokeNumbers,
  maxStrokes,
} from './toolAnswer';

const side = z.int().min(1).max(4096);
const bytes = z.custom<Uint8Array>((value) => value instanceof Uint8Array, 'Expected Uint8Array for bytes');
const coordinate = z.number().min(-1e6).max(1e6);

const Point = z.strictObject({ x: coordinate, y: coordinate });
export type Point = z.infer<typeof Point>;

/** A piece of text in the picture. */
const TextRegion = z.strictObject({
  text: z.string().max(10_000),
  /** 0 to 1. */
  confidence: z.number().min(0).max(1),
  /** In pixels of the original, y downwards: from the text's own top left corner on, in reading direction. */
  corners: z.tuple([Point, Point, Point, Point]),
  /**
   * Its place in the text. Regions of one row are cells of one line; a region without a cell is a line of its own. A table has as many
   * cells in each row as its widest, empty ones too: few enough columns that no answer makes main write for minutes.
   */
  cell: z.strictObject({ row: z.int().min(0).max(10_000), column: z.int().min(0).max(1000) }).optional(),
});
export type TextRegion = z.infer<typeof TextRegion>;

/** In pixels of the picture, from its top left corner; it may reach past the border. */
const Box = z.strictObject({
  x: coordinate,
  y: coordinate,
  width: z.number().positive().max(1e6),
  height: z.number().positive().max(1e6),
});
export type Box = z.infer<typeof Box>;

/** Parts of the picture that could tell who somebody is. */
const Hidden = z.strictObject({
  kind: z.literal('hide'),
  boxes: z.array(Box).max(maxBoxes),
  style: z.enum(hideStyles),
  strength: z.enum(hideStrengths),
});
export type Hidden = z.infer<typeof Hidden>;

const Base = z.enum(cutBases);

/** What stands behind a subject that was cut out. */
export const Ground = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('transparent') }),
  z.strictObject({ kind: z.literal('colour'), colour: z.string().regex(/^#[0-9a-f]{6}$/) }),
  /** What stood behind it, out of focus. */
  z.strictObject({ kind: z.literal('blur') }),
]);
export type Ground = z.infer<typeof Ground>;

/** A round brush along a line: keeps, or takes away. Pixels of the picture; it may reach past the border. */
const Stroke = z.strictObject({
  keep: z.boolean(),
  radius: z.number().min(0.25).max(100_000),
  /** x and y in turn; of one point alone, a dot. */
  points: z
    .array(coordinate)
    .min(2)
    .max(maxStrokeNumbers)
    .refine(({ length }) => length % 2 === 0, 'Expected two numbers a point'),
});
export type Stroke = z.infer<typeof Stroke>;

/** What a person makes of a mask. */
const Cut = z.strictObject({
  kind: z.literal('cut'),
  base: Base,
  ground: Ground,
  /** Oldest first. */
  strokes: z
    .array(Stroke)
    .max(maxStrokes)
    .refine(
      (strokes) => strokes.reduce((sum, { points }) => sum + points.length, 0) <= maxCutNumbers,
      `Expected at most ${maxCutNumbers} numbers in all strokes`,
    ),
});
export type Cut = z.infer<typeof Cut>;

/** What a person makes of an answer: `hide` of what hides, `cut` of a mask. */
export const Change = z.discriminatedUnion('kind', [Hidden, Cut]);
export type Change = z.infer<typeof Change>;

/** A rectangle that may be turned. `along` is a unit vector; `length` goes along it, `breadth` across. Pixels of the picture. */
export const Rectangle = z.strictObject({
  centre: Point,
  along: z.strictObject({ x: z.number().min(-1).max(1), y: z.number().min(-1).max(1) }),
  length: z.number().positive().max(1e6),
  breadth: z.number().positive().max(1e6),
});
export type Rectangle = z.infer<typeof Rectangle>;

const isFull =
  (channels: number) =>
  ({ width, height, bytes: { byteLength } }: { width: number; height: number; bytes: Uint8Array }): boolean =>
    byteLength === width * height * channels;

export const ToolAnswer = z.discriminatedUnion('kind', [
  /** The picture stays as it is. */
  z.strictObject({ kind: z.literal('same') }),
  /**
   * The picture's new alpha, enlarged to its size: 0 is transparent, 255 opaque. `base`: whether that is what the picture is cut out
   * by; `found` unless told.
   */
  z
    .strictObject({ kind: z.literal('alpha'), width: side, height: side, bytes, base: Base.exactOptional() })
    .refine(isFull(1), 'Expected width × height bytes'),
  Hidden,
  /** Another picture, RGB, enlarged to the picture's size. */
  z
    .strictObject({ kind: z.literal('picture'), width: side, height: side, bytes })
    .refine(isFull(3), 'Expected width × height × 3 bytes'),
  /** Text in reading order: shown over the picture, to be selected, copied and saved. */
  z.strictObject({ kind: z.literal('text'), regions: z.array(TextRegion).max(10_000) }),
]);
export type ToolAnswer = z.infer<typeof ToolAnswer>;
