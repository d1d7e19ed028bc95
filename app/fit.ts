/** Fits a picture into the input of a `whole` tool, and back. Pure. */
import type { Flow } from './catalog';

interface Size {
  width: number;
  height: number;
}

export type Fit = Extract<Flow, { kind: 'whole' }>['fit'];

/**
 * The part of the input that the picture fills, from the input's top left corner; the rest is black.
 * `stretch` fills it all, `contain` keeps the picture's shape.
 * @returns pixels of the input, each side at least 1.
 */
export function fitSize(fit: Fit, picture: Size, input: Size): Size {
  if (fit === 'stretch') return { width: input.width, height: input.height };
  const scale = Math.min(input.width / picture.width, input.height / picture.height);
  return {
    width: Math.max(1, Math.min(input.width, Math.round(picture.width * scale))),
    height: Math.max(1, Math.min(input.height, Math.round(picture.height * scale))),
  };
}
