/** Reads the lines that were found: decides which way up each is, and whether its text can be believed. */
import { asNumbers } from '../../app/numbers';
import type { Picture } from '../../app/tiles';
import { outputNamed, type Point, type Rectangle, type ToolInput, type ToolOutput } from '../tool';
import { mainDirection } from './layout';
import { joinReadings, type Reading, readSteps } from './letters';
import { cutUp } from './lines';
import type { Looks } from './looks';
import { isLong, reversed, towards } from './order';

/** A tool's input where networks can be run. */
export type Asked = ToolInput & { run: NonNullable<ToolInput['run']> };
export type Line = Rectangle & Reading;

const reader = 'read-text-lines';
/** How many of the longest lines are read both ways up; the others are taken to lie as these do. */
const samples = 4;
/** A line that is read with less confidence is read the other way up too. Text upside down was read as rubbish with up to 0.8. */
const doubted = 0.88;

/** Confidence below which the network guesses. It sees single characters in many things: a cat's eye is an O with 0.6. */
const sureFrom = (text: string): number => ([...text.replace(/\s/g, '')].length > 2 ? 0.75 : 0.9);
const isSure = ({ text, confidence }: Reading): boolean => text.trim() !== '' && confidence >= sureFrom(text);

/** @returns the lines that can be believed, in no order. */
export async function readLooks(asked: Asked, { sure, unsure }: Looks): Promise<Line[]> {
  const all = [...sure, ...unsure.flatMap(({ whole, parts }) => [whole, ...parts])];
  const read = await readEachWay(asked, all);
  const lineOf = (rectangle: Rectangle): Line[] => {
    const line = read.get(rectangle);
    return line && isSure(line) ? [line] : [];
  };
  return [
    ...sure.flatMap(lineOf),
    ...unsure.flatMap(({ whole, parts }) => {
      const [one] = lineOf(whole);
      const some = parts.flatMap(lineOf);
      return one && isBetter(one, some) ? [one] : some;
    }),
  ];
}

/** Whether a line says at least as much as the pieces that were found in its place, and as surely. */
function isBetter({ text, confidence }: Line, parts: readonly Line[]): boolean {
  const { text: said, confidence: sureness } = joinReadings(parts);
  return lettersOf(text) >= 0.8 * lettersOf(said) && confidence >= sureness - 0.03;
}

const lettersOf = (text: string): number => [...text.replace(/\s/g, '')].length;

/** Reads each rectangle, the way up that gives the most confidence. */
async function readEachWay(asked: Asked, all: readonly Rectangle[]): Promise<Map<Rectangle, Line>> {
  const best = new Map<Rectangle, Line>();
  const read = async (tries: readonly (readonly [Rectangle, Rectangle])[]): Promise<Line[]> => {
    const lines = await readLines(
      asked,
      tries.map(([, turned]) => turned),
    );
    tries.forEach(([rectangle], i) => {
      const line = lines[i] as Line;
      const before = best.get(rectangle);
      if (!before || line.confidence > before.confidence) best.set(rectangle, line);
    });
    return lines;
  };
  const long = all.filter(isLong);
  const lies = long.filter(({ along }) => Math.abs(along.x) >= Math.abs(along.y));
  const stands = long.filter((rectangle) => !lies.includes(rectangle));
  for (const [group, way] of [
    [lies, { x: 1, y: 0 }],
    [stands, { x: 0, y: 1 }],
  ] as const) {
    const longest = [...group].sort((a, b) => b.length - a.length).slice(0, samples);
    const forth = await read(longest.map((rectangle) => [rectangle, towards(rectangle, way)]));
    const back = await read(longest.map((rectangle) => [rectangle, reversed(towards(rectangle, way))]));
    const isTurned = surenessOf(back) > surenessOf(forth);
    const rest = group.filter((rectangle) => !longest.includes(rectangle));
    await read(
      rest.map((rectangle) => {
        const turned = towards(rectangle, way);
        return [rectangle, isTurned ? reversed(turned) : turned];
      }),
    );
  }
  // The long lines tell how the page is held, and short text lies as they do.
  const page: Point = mainDirection([...best.values()].filter(isSure));
  const short = all.filter((rectangle) => !isLong(rectangle));
  await read(short.map((rectangle) => [rectangle, towards(rectangle, page)]));
  const doubtful = all.filter((rectangle) => (best.get(rectangle)?.confidence ?? 0) < doubted);
  const retried = doubtful.filter((rectangle) => !isLong(rectangle) || best.get(rectangle)?.text !== '');
  await read(retried.map((rectangle) => [rectangle, reversed(best.get(rectangle) ?? rectangle)]));
  return best;
}

const surenessOf = (lines: readonly Line[]): number =>
  lines.reduce((sum, { text, confidence }) => sum + confidence * [...text].length, 0) /
  Math.max(
    1,
    lines.reduce((sum, { text }) => sum + [...text].length, 0),
  );

/** Reads rectangles in the direction of their `along`. */
async function readLines({ picture, cut, run }: Asked, rectangles: readonly Rectangle[]): Promise<Line[]> {
  if (rectangles.length === 0) return [];
  const pieces: Picture[][] = [];
  for (const { centre, along, length, breadth } of rectangles)
    pieces.push(await cutUp({ picture, cut }, { centre, along, length, breadth }));
  const read = (await run(reader, pieces.flat())).map(readOutputs).values();
  return rectangles.map((rectangle, i) => {
    const { centre, along, length, breadth } = rectangle;
    const reading = joinReadings((pieces[i] ?? []).map(() => read.next().value as Reading));
    return { centre, along, length, breadth, ...reading };
  });
}

function readOutputs(outputs: readonly ToolOutput[]): Reading {
  const [index, score] = ['index', 'score'].map((name) => {
    const output = outputNamed(outputs, name);
    return asNumbers(output.bytes, output.dtype);
  }) as [Float32Array, Float32Array];
  return readSteps(index, score);
}
