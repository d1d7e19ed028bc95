/** Read text: the network marks lines, its part reads each of them. */
import { fitSize } from '../../app/fit';
import { asNumbers } from '../../app/golden';
import type { Picture } from '../../app/tiles';
import { outputNamed, type TextRegion, type Tool, type ToolOutput } from '../tool';
import { findText } from './find';
import { joinReadings, type Reading, readSteps } from './letters';
import { cutUp } from './lines';
import { directionsOf, inReadingOrder } from './order';
import { cornersOf, type Rectangle } from './rectangle';

const reader = 'read-text-lines';
type Line = ReturnType<typeof directionsOf>[number];

/** Below this the network guesses. A single character it sees in many a thing: a cat's eye is an O to it, by 0.6. */
const sureFrom = (text: string): number => ([...text].length > 1 ? 0.5 : 0.9);

export const tool: Tool = {
  async finish({ picture, outputs, fit, input, cut, run }) {
    if (!run) throw new Error('Expected to read what was found, but only the first network may run');
    const output = outputNamed(outputs, 'text');
    const values = asNumbers(output.bytes, output.dtype);
    if (!(values instanceof Uint8Array) || values.length !== input.width * input.height)
      throw new Error(`Expected a map of ${input.width} × ${input.height} but received ${values.length} values`);
    const used = fitSize(fit, picture, input);
    const scale = Math.max(picture.width / used.width, picture.height / used.height);
    const found = findText({ values, width: input.width, height: input.height });
    // One after the other: the lines, a line's directions, a direction's pieces.
    const tries: { line: Line; pieces: Picture[] }[][] = [];
    for (const rectangle of found) {
      const directions: { line: Line; pieces: Picture[] }[] = [];
      for (const line of directionsOf(scaled(rectangle, scale)))
        directions.push({ line, pieces: await cutUp({ picture, cut }, line) });
      tries.push(directions);
    }
    const read = (
      await run(
        reader,
        tries.flat().flatMap(({ pieces }) => pieces),
      )
    )
      .map(readOutputs)
      .values();
    const lines = tries.flatMap((directions) => {
      const readings = directions.map(({ line, pieces }) => ({
        ...line,
        ...joinReadings(pieces.map(() => read.next().value as Reading)),
      }));
      const best = readings.reduce((a, b) => (b.confidence > a.confidence ? b : a));
      return best.text !== '' && best.confidence >= sureFrom(best.text) ? [best] : [];
    });
    const regions = inReadingOrder(lines).map(
      (line): TextRegion => ({ text: line.text, confidence: line.confidence, corners: cornersOf(line) }),
    );
    return { answer: { kind: 'text', regions }, note: noteFor(regions.length) };
  },
};

const scaled = ({ centre, along, length, breadth }: Rectangle, scale: number): Rectangle => ({
  centre: { x: centre.x * scale, y: centre.y * scale },
  along,
  length: length * scale,
  breadth: breadth * scale,
});

function readOutputs(outputs: readonly ToolOutput[]): Reading {
  const [index, score] = ['index', 'score'].map((name) => {
    const output = outputNamed(outputs, name);
    return asNumbers(output.bytes, output.dtype);
  }) as [Float32Array, Float32Array];
  return readSteps(index, score);
}

function noteFor(count: number): string {
  if (count === 0) return 'No text was found.';
  return count === 1 ? 'One line of text was found.' : `${count} lines of text were found.`;
}
