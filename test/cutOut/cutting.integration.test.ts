/** Cut out with its real network, on parts of the tools' own samples. */
import sharp from 'sharp';
import { beforeAll, expect, test } from 'vitest';
import type { ToolAnswer } from '../../models/tool';
import { blank, crop, decode, encode, lay, type Picture, prepared, readPicture } from '../e2e/pictures';
import { openCutter } from './cutting';

let cutOut: Awaited<ReturnType<typeof openCutter>>;
beforeAll(async () => {
  cutOut = await openCutter();
});

const coffee = () => readPicture(prepared('cut-out', 'coffee.png'));
const astronaut = () => readPicture(prepared('blur-faces', 'astronaut.png'));

/** How many lines at a border show a subject that is sure a little inside and has faded at the border. */
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
  // One line may be the subject's own outline, where it meets the border at a slant.
  expect(gaps(answer, side)).toBeLessThanOrEqual(1);
});

const cat = () => readPicture(prepared('photo-x4', 'cat.png'));
/** A picture in another, shrunk to so many pixels a side. */
async function within(picture: Picture, side: number): Promise<Picture> {
  const onto = crop(await coffee(), { x: 480, y: 0, width: 120, height: 120 });
  const wide = decode(await sharp(encode(onto)).resize(600, 400, { fit: 'fill' }).png().toBuffer());
  lay(wide, decode(await sharp(encode(picture)).resize(side, side, { fit: 'fill' }).png().toBuffer()), 150, 120);
  return wide;
}

test.each([
  ["a cat's face that fills the picture", cat],
  ['its eyes and nose, closer', async () => crop(await cat(), { x: 40, y: 10, width: 150, height: 140 })],
  ['wood', async () => crop(await coffee(), { x: 480, y: 0, width: 120, height: 120 })],
  ['one colour', async () => blank(300, 200)],
])('of %s everything is kept, and why is said', async (_, picture) => {
  const { answer, note } = await cutOut(await picture());
  expect(answer).toMatchObject({ kind: 'alpha', base: 'all' });
  expect(note?.code).toMatch(/SUBJECT_(FILLS|UNCLEAR)/);
});

test('keeps only the subject where it is really small, and says how to keep everything', async () => {
  const { answer, note } = await cutOut(await within(await cat(), 90));
  expect(answer).not.toHaveProperty('base');
  expect(note).toEqual({ code: 'SUBJECT_SMALL' });
});

test('says nothing about a clear subject', async () => {
  for (const picture of [coffee, astronaut]) {
    const { answer, note } = await cutOut(await picture());
    expect([answer.kind, 'base' in answer, note]).toEqual(['alpha', false, null]);
  }
});
