/** Fields that a worker writes about itself: input, refused, taken, most bytes held; numbers of 8 bytes each. */
export const pulseFields = 4;

export interface Pulse {
  input: number;
  refused: number;
  taken: number;
  /** The most that it has held. */
  bytes: number;
}

/** @returns undefined while nothing was written. */
export function readPulse(file: Uint8Array): Pulse | undefined {
  if (file.byteLength < pulseFields * 8) return undefined;
  const [input = 0, refused = 0, taken = 0, bytes = 0] = new Float64Array(new Uint8Array(file).buffer, 0, pulseFields);
  return { input, refused, taken, bytes };
}
