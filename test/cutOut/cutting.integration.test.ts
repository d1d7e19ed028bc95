/** Cut out with its real network, on parts of the tools' own samples. */
import { beforeAll, expect, test } from 'vitest';
import type { ToolAnswer } from '../../models/tool';
import { crop, prepared, readPicture } from '../e2e/pictures';
import { openCutter } from './cutting';

let cutOut: Awaited<ReturnType<typeof openCutter>>;
beforeAll(async () => {
  cutOut = await openCutter();
});

const coffee = () => readPicture(prepared('cut-out', 'coffee.png'));
const astronaut = () => readPicture(prepared('blur-faces', 'astronaut.png'));

/** Lines to a border along which a subject that is sure a little inside has faded at the border. */
function gaps(answer: ToolAnswer, side: 'left' | 'right' | 'top' | 'bottom'): number {
  if (answer.kind !== 'alpha') throw new Error(`Expected a mask but received ${answer.kind}`);
  const { width, height, bytes } = answer;
  const at = (line: number, depth: number): number => {
    const [x, y] = side === 'left' || side === 'right' ? [depth, line] : [line, depth];
    const [toX, toY] = [side === 'right' ? width - 1 - x : x, side === 'bottom' ? height - 1 - y : y];
    return bytes[toY * width + toX] ?? 0;
  };
  let count = 0;
  for (let line = 0; line < width; line++) if (at(line, 8) >= 200 && at(line, 0) < at(line, 8) - 8) count++;
  return count;
}

test.each([
  ['a person cut off below', astronaut, { x: 0, y: 0, width: 512, height: 512 }, 'bottom'],
  ['a cup cut off at the left', coffee, { x: 250, y: 50, width: 350, height: 350 }, 'left'],
  ['a cup cut off at the right', coffee, { x: 0, y: 0, width: 330, height: 400 }, 'right'],
  ['a cup cut off above', coffee, { x: 50, y: 90, width: 500, height: 310 }, 'top'],
] as const)('%s goes up to the border without a gap', async (_, picture, part, side) => {
  const { answer } = await cutOut(crop(await picture(), part));
  // One line is the subject's own outline where that comes in at a slant.
  expect(gaps(answer, side)).toBeLessThanOrEqual(1);
});
