/** Read text: one network marks lines, in the whole picture and in pieces of it; its part, another network, reads each line. */
import { fitSize } from '../../app/fit';
import { asNumbers } from '../../app/numbers';
import { lookBy, outputNamed, type TextRegion, type Tool, type ToolInput, type ToolOutput } from '../tool';
import { findText, type TextMap } from './find';
import { layOut } from './layout';
import { cutPiece } from './lines';
import { compareLooks, type Looks } from './looks';
import { planPieces, stitch } from './pieces';
import { type Asked, readLooks } from './read';
import { cornersOf, type Rectangle } from './rectangle';

/** Limit on the lines that are read: no page has more, but patterns may look like one that has. */
const mostLines = 4000;

export const tool: Tool = {
  async finish({ run, ...input }) {
    if (!run) throw new Error('Expected to read what was found, but only the first network may run');
    const asked = { ...input, run };
    const looks = await lookTwice(asked);
    const lines = layOut(await readLooks(asked, looks));
    const regions = lines.map(
      ({ text, confidence, cell, ...line }): TextRegion => ({ text, confidence, corners: cornersOf(line), cell }),
    );
    return {
      answer: { kind: 'text', regions },
      note: { code: 'LINES', found: new Set(lines.map(({ cell }) => cell.row)).size },
    };
  },
};

/** Looks at the whole picture, and closer where it is large. */
async function lookTwice(asked: Asked): Promise<Looks> {
  const { picture, outputs, fit, input, run } = asked;
  const shown = fitSize(fit, picture, input);
  const glance = foundIn(mapOf(outputs, input), picture.width / shown.width, picture.height / shown.height);
  const plan = planPieces(picture, input, shown);
  if (!plan) return { sure: largest(glance), unsure: [] };
  const [toX, toY] = [picture.width / plan.width, picture.height / plan.height];
  const pieces = [];
  // Where the picture shrinks, a look takes other means than a cut. The window has only cuts, so the queue cuts then too: both find the same
  // text.
  const look = toX <= 1 && toY <= 1 ? asked.look : lookBy(asked);
  for (const piece of plan.pieces) pieces.push(await cutPiece({ look }, piece, toX, toY));
  const inked = pieces.filter((piece) => piece !== null);
  const marked = (await run('read-text', inked)).map((each) => mapOf(each, input)).values();
  const nothing = { ...input, values: new Uint8Array(input.width * input.height) };
  const map = stitch(
    plan,
    pieces.map((piece) => (piece ? (marked.next().value as TextMap) : nothing)),
  );
  return compareLooks(largest(glance), largest(foundIn(map, toX, toY)), 1 / toX);
}

function mapOf(outputs: readonly ToolOutput[], { width, height }: ToolInput['input']): TextMap {
  const output = outputNamed(outputs, 'text');
  const values = asNumbers(output.bytes, output.dtype);
  if (!(values instanceof Uint8Array) || values.length !== width * height)
    throw new Error(`Expected a map of ${width} × ${height} but received ${values.length} values`);
  return { values, width, height };
}

const largest = (found: Rectangle[]): Rectangle[] =>
  found.sort((a, b) => b.length * b.breadth - a.length * a.breadth).slice(0, mostLines);

/** The rectangles of a map in the picture's pixels. `toX` and `toY` differ only by the rounding of a narrow picture's sides. */
function foundIn(map: TextMap, toX: number, toY: number): Rectangle[] {
  const scale = Math.max(toX, toY);
  return findText(map).map(({ centre, along, length, breadth }) => ({
    centre: { x: centre.x * toX, y: centre.y * toY },
    along,
    length: length * scale,
    breadth: breadth * scale,
  }));
}
