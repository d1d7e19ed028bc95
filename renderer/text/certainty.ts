/** How sure the reading is, as it is said and shown. Pure. */

/** What is read less surely is worth a second look. */
const sureFrom = 0.9;

export const isUnsure = (confidence: number): boolean => confidence < sureFrom;

/** In whole percent; only what is certain is 100. */
export const percentOf = (confidence: number): number => Math.floor(confidence * 100 + 1e-9);
