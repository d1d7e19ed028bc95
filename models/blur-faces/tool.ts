/** Blur faces: an ellipse of heavy blur, larger than the face, over each one found. */
import { fitSize } from '../../app/fit';
import { asNumbers } from '../../app/golden';
import { makeCanvas, outputNamed, type Tool } from '../tool';
import { decodeFaces, type FaceBox } from './faces';

/** The box ends at the chin and the brow; hair and ears tell who someone is as well. */
const generous = 1.35;

export const tool: Tool = {
  async finish({ original, outputs, fit, input }) {
    const [heatmap, scale, offset] = ['heatmap', 'scale', 'offset'].map((name) => {
      const output = outputNamed(outputs, name);
      return asNumbers(output.bytes, output.dtype);
    }) as [Float32Array, Float32Array, Float32Array];
    const faces = decodeFaces({ heatmap, scale, offset, width: input.width / 4, height: input.height / 4 });

    const { canvas, context } = makeCanvas(original.width, original.height);
    context.drawImage(original, 0, 0);
    const used = fitSize(fit, original, input);
    const toX = original.width / used.width;
    const toY = original.height / used.height;
    for (const face of faces) blurFace(context, original, face, toX, toY);
    return { canvas, transparent: false, note: noteFor(faces.length) };
  },
};

function blurFace(
  context: CanvasRenderingContext2D,
  original: HTMLCanvasElement,
  face: FaceBox,
  toX: number,
  toY: number,
): void {
  const width = face.width * toX * generous;
  const height = face.height * toY * generous;
  const x = (face.x + face.width / 2) * toX;
  const y = (face.y + face.height / 2) * toY;
  // A fifth of the face leaves no feature to tell it by.
  const radius = Math.max(width, height) / 5;
  context.save();
  context.beginPath();
  context.ellipse(x, y, width / 2, height / 2, 0, 0, 2 * Math.PI);
  context.clip();
  context.filter = `blur(${radius}px)`;
  // Only the face's surroundings go through the filter: the whole picture once a face would be slow.
  const reach = 3 * radius;
  const left = Math.max(0, Math.floor(x - width / 2 - reach));
  const top = Math.max(0, Math.floor(y - height / 2 - reach));
  const right = Math.min(original.width, Math.ceil(x + width / 2 + reach));
  const bottom = Math.min(original.height, Math.ceil(y + height / 2 + reach));
  if (right > left && bottom > top)
    context.drawImage(original, left, top, right - left, bottom - top, left, top, right - left, bottom - top);
  context.restore();
}

function noteFor(count: number): string {
  if (count === 0) return 'No faces were found, so the picture is as it was.';
  return count === 1 ? 'One face was found and blurred.' : `${count} faces were found and blurred.`;
}
