/** Blur faces: an ellipse of heavy blur, larger than the face, over each one found. */
import { fitSize } from '../../app/fit';
import { asNumbers } from '../../app/golden';
import { makeCanvas, outputNamed, type Tool } from '../tool';
import { blurEllipse, neededFor } from './blur';
import { decodeFaces, type FaceBox } from './faces';
import { noteFor } from './note';

/** The box ends at the chin and the brow; hair and ears tell who someone is as well. */
const generous = 1.35;

export const tool: Tool = {
  async finish({ original, outputs, fit, input }) {
    const [heatmap, scale, offset] = ['heatmap', 'scale', 'offset'].map((name) => {
      const output = outputNamed(outputs, name);
      return asNumbers(output.bytes, output.dtype);
    }) as [Float32Array, Float32Array, Float32Array];
    const faces = decodeFaces({ heatmap, scale, offset, width: input.width / 4, height: input.height / 4 });

    const { canvas, context } = makeCanvas(original.width, original.height, { willReadFrequently: true });
    context.drawImage(original, 0, 0);
    const used = fitSize(fit, original, input);
    const toX = original.width / used.width;
    const toY = original.height / used.height;
    for (const face of faces) blurFace(context, face, toX, toY);
    return { canvas, note: noteFor(faces.length, toX > 1 || toY > 1) };
  },
};

function blurFace(context: CanvasRenderingContext2D, face: FaceBox, toX: number, toY: number): void {
  const ellipse = {
    x: (face.x + face.width / 2) * toX,
    y: (face.y + face.height / 2) * toY,
    radiusX: (face.width * toX * generous) / 2,
    radiusY: (face.height * toY * generous) / 2,
  };
  const area = neededFor(ellipse, context.canvas);
  if (!area) return;
  const piece = context.getImageData(area.x, area.y, area.width, area.height);
  const { width, height, data } = piece;
  blurEllipse({ width, height, channels: 4, data }, { ...ellipse, x: ellipse.x - area.x, y: ellipse.y - area.y });
  context.putImageData(piece, area.x, area.y);
}
