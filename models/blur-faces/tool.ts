/** Blur faces: an ellipse of heavy blur, larger than the face, over each one found. */
import { fitSize } from '../../app/fit';
import { asNumbers } from '../../app/golden';
import { outputNamed, type Tool } from '../tool';
import { decodeFaces } from './faces';
import { noteFor } from './note';

/** The box ends at the chin and the brow; hair and ears tell who someone is as well. */
const generous = 1.35;

export const tool: Tool = {
  async finish({ picture, outputs, fit, input }) {
    const [heatmap, scale, offset] = ['heatmap', 'scale', 'offset'].map((name) => {
      const output = outputNamed(outputs, name);
      return asNumbers(output.bytes, output.dtype);
    }) as [Float32Array, Float32Array, Float32Array];
    const faces = decodeFaces({ heatmap, scale, offset, width: input.width / 4, height: input.height / 4 });
    const used = fitSize(fit, picture, input);
    const toX = picture.width / used.width;
    const toY = picture.height / used.height;
    const ellipses = faces.map(({ x, y, width, height }) => ({
      x: (x + width / 2) * toX,
      y: (y + height / 2) * toY,
      radiusX: (width * toX * generous) / 2,
      radiusY: (height * toY * generous) / 2,
    }));
    return { answer: { kind: 'blur', ellipses }, note: noteFor(faces.length, toX > 1 || toY > 1) };
  },
};
