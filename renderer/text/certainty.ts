/** How sure a reading is, for words and marks. Pure. */

/** A reading below this is worth a second look. */
const sureFrom = 0.9;

export const isUnsure = (confidence: number): boolean => confidence < sureFrom;

/** In whole percent; 100 only for what is certain. */
export const percentOf = (confidence: number): number => Math.floor(confidence * 100 + 1e-9);
