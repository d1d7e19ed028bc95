/** Blur faces: looks for faces in the whole picture and in squares of it, and hides a box, larger than the face, over each. */
import { fitSize } from '../../app/fit';
import { asNumbers } from '../../app/numbers';
import type { Picture } from '../../app/tiles';
import type { Box } from '../../app/toolAnswer';
import { outputNamed, type Tool, type ToolInput, type ToolOutput } from '../tool';
import { decodeFaces, type FaceBox } from './faces';
import { facesOf, mergeFaces, planSearch, type Square, smallestFace } from './search';

const network = 'blur-faces';
/** How much larger a box is than the network's, which ends at chin and brow: hair and ears tell who someone is as well. */
const generous = 1.35;
/** Squares that are made while as many run: 20 MB in transit. */
const batch = 8;

export const tool: Tool = {
  async finish({ picture, outputs, fit, input, look, run }) {
    const used = fitSize(fit, picture, input);
    const scale = picture.width / used.width;
    const faces = decode(outputs, input).map((face) => enlarged(face, scale, picture.height / used.height));
    const search = planSearch(picture, used, input.width);
    const { squares } = search;
    // Where only the whole picture may be looked at, the smallest face is larger.
    const smallest = run ? search.smallest : Math.ceil(smallestFace * scale);
    if (run) {
      let looking = lookAtAll(look, squares.slice(0, batch));
      for (let done = 0; done < squares.length; done += batch) {
        const pictures = await looking;
        looking = lookAtAll(look, squares.slice(done + batch, done + 2 * batch));
        // The job may end while the next squares are made; their error is then no news.
        looking.catch(() => {});
        const answers = await run(network, pictures, { done: done + 1, total: squares.length + 1 });
        for (const [i, answer] of answers.entries())
          faces.push(...facesOf(squares[done + i] as Square, decode(answer, input)));
      }
    }
    const boxes = mergeFaces(faces).map(around);
    return {
      answer: { kind: 'hide', boxes, style: 'pixelate', strength: 'medium' },
      note: { code: 'FACES', found: boxes.length, smallest },
    };
  },
};

function decode(outputs: readonly ToolOutput[], input: { width: number; height: number }): FaceBox[] {
  const [heatmap, scale, offset] = ['heatmap', 'scale', 'offset'].map((name) => {
    const output = outputNamed(outputs, name);
    return asNumbers(output.bytes, output.dtype);
  }) as [Float32Array, Float32Array, Float32Array];
  return decodeFaces({ heatmap, scale, offset, width: input.width / 4, height: input.height / 4 });
}

const enlarged = ({ x, y, width, height, score }: FaceBox, toX: number, toY: number): FaceBox => ({
  x: x * toX,
  y: y * toY,
  width: width * toX,
  height: height * toY,
  score,
});

const around = ({ x, y, width, height }: FaceBox): Box => ({
  x: x - ((generous - 1) / 2) * width,
  y: y - ((generous - 1) / 2) * height,
  width: width * generous,
  height: height * generous,
});

const lookAtAll = (look: ToolInput['look'], squares: readonly Square[]): Promise<Picture[]> =>
  Promise.all(
    squares.map(({ x, y, seen, scale }) =>
      look({ x, y, width: seen.width * scale, height: seen.height * scale }, seen),
    ),
  );
