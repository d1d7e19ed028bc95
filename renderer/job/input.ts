/** What a network is given of a picture, and what it does not see: transparency. */
import type { ModelInfo } from '../../app/contract';
import { fitSize } from '../../app/fit';
import { layOnGround } from '../../app/ground';
import { makeCanvas } from '../../models/tool';
import type { Picture } from '../store';

/** All of the picture for a network of tiles, else the picture laid into the network's input. */
export const pixelsFor = (picture: Picture, model: ModelInfo): ImageData =>
  model.flow.kind === 'tiles' ? wholePixels(picture) : fittedPixels(picture.canvas, model);

/** The picture's own pixels. */
function wholePixels({ canvas, width, height }: Picture): ImageData {
  const context = canvas.getContext('2d');
  if (!context) throw new Error('Expected the picture to have pixels but received none');
  return context.getImageData(0, 0, width, height);
}

/** The picture laid into the network's input, on the ground that its ink is seen on; what it does not fill is black. */
export function fittedPixels(picture: HTMLCanvasElement, model: ModelInfo): ImageData {
  const { width, height } = model.profile;
  const { context } = makeCanvas(width, height, { willReadFrequently: true });
  const fit = model.flow.kind === 'whole' ? model.flow.fit : 'stretch';
  const used = fitSize(fit, picture, model.profile);
  context.drawImage(picture, 0, 0, used.width, used.height);
  const pixels = context.getImageData(0, 0, used.width, used.height);
  layOnGround(pixels.data);
  context.fillStyle = 'black';
  context.fillRect(0, 0, width, height);
  context.putImageData(pixels, 0, 0);
  return context.getImageData(0, 0, width, height);
}

/** Lets shine through an enlarged picture what shines through the picture itself. */
export function takeAlpha(context: CanvasRenderingContext2D, { canvas }: Picture): void {
  const { width, height } = context.canvas;
  context.globalCompositeOperation = 'destination-in';
  context.drawImage(canvas, 0, 0, width, height);
}
