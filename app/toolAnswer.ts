/** Bounds and choices of a `whole` tool's answer, and of what a person makes of it, for the window; toolAnswerSchema.ts has the schemas. */
export type {
  Box,
  Change,
  Cut,
  Ground,
  Hidden,
  Point,
  Rectangle,
  Stroke,
  TextRegion,
  ToolAnswer,
} from './toolAnswerSchema';

/** What a box is hidden by: the mean of a few cells, one colour, or a blur, which can be undone in part. */
export const hideStyles = ['pixelate', 'solid', 'blur'] as const;
export const hideStrengths = ['light', 'medium', 'strong'] as const;
export const maxBoxes = 10_000;

/** What the picture is cut out by: what the network found, or nothing yet, where a person takes away by hand. */
export const cutBases = ['found', 'all'] as const;

export const maxStrokes = 1000;
/** Numbers of one stroke, and of all: two a point. */
export const maxStrokeNumbers = 4000;
export const maxCutNumbers = 40_000;
