/** A person's edits of the boxes that *Blur faces* found, in the packaged app: seen at once, saved as seen. */
import type { Box, Hidden } from '../../app/toolAnswer';
import { test as base, expect, type RunningApp } from './app';
import { crop, maxDifference, type Picture, prepared, readPicture } from './pictures';
import { loadAnew, shareApp } from './sharedApp';
import { chooseTool, layerPicture, openPicture, run, savedPicture, stateOf } from './steps';

const test = shareApp(base);

async function hidden(refit: RunningApp): Promise<Hidden> {
  const { result } = await stateOf(refit);
  if (!result?.hides) throw new Error('Expected a result that hides something');
  return result.hides;
}

/** Runs the tool on its sample, and expects one box. @returns the sample. */
async function found(refit: RunningApp): Promise<Picture> {
  const picture = await readPicture(prepared('blur-faces', 'astronaut.png'));
  await loadAnew(refit);
  await chooseTool(refit, 'blur-faces');
  await openPicture(refit, picture);
  await run(refit);
  await expect(refit.window.getByTestId('hide-box')).toHaveCount(1);
  return picture;
}

const coloursOf = ({ data }: Picture): Set<string> =>
  new Set(Array.from({ length: data.length / 4 }, (_, i) => data.subarray(i * 4, i * 4 + 3).join(' ')));
const face = { x: 200, y: 80, width: 50, height: 80 };

test('the way and the strength that faces are hidden by change the picture at once, and no network runs', async ({
  refit,
}) => {
  const { window } = refit;
  await found(refit);
  const { job } = await stateOf(refit);
  await window.getByTestId('hide-solid').click();
  await expect.poll(async () => coloursOf(crop(await layerPicture(refit, 'result'), face))).toEqual(new Set(['0 0 0']));
  await window.getByTestId('hide-blur').click();
  await expect(window.getByTestId('hide-options')).toContainText('can be undone');
  await expect.poll(async () => (await hidden(refit)).style).toBe('blur');
  expect(coloursOf(crop(await layerPicture(refit, 'result'), face)).size).toBeGreaterThan(100);
  await window.getByTestId('hide-pixelate').click();
  await window.getByTestId('hide-strong').click();
  await expect.poll(async () => hidden(refit)).toMatchObject({ style: 'pixelate', strength: 'strong' });
  expect(coloursOf(crop(await layerPicture(refit, 'result'), face)).size).toBeLessThanOrEqual(9);
  expect((await stateOf(refit)).job).toEqual(job);
  expect(maxDifference(await savedPicture(refit), await layerPicture(refit, 'result'))).toBe(0);
  await refit.screenshots('hide-options');
});

test('a box is drawn, moved and sized by the pointer, and what is saved has it hidden', async ({ refit }) => {
  const { window } = refit;
  const picture = await found(refit);
  const frame = await window.getByTestId('box-layer').boundingBox();
  if (!frame) throw new Error('Expected boxes over the picture');
  const at = (x: number, y: number) =>
    [frame.x + (x / picture.width) * frame.width, frame.y + (y / picture.height) * frame.height] as const;
  const drag = async (from: readonly [number, number], to: readonly [number, number]) => {
    await window.mouse.move(...from);
    await window.mouse.down();
    await window.mouse.move(...to, { steps: 4 });
    await window.mouse.up();
  };
  await window.getByTestId('hide-draw').click();
  await drag(at(40, 300), at(140, 400));
  await expect(window.getByTestId('hide-box')).toHaveCount(2);
  await expect.poll(async () => (await hidden(refit)).boxes.length).toBe(2);
  await window.getByTestId('hide-draw').click();
  const near = async (wanted: { x: number; y: number; width: number; height: number }) =>
    expect
      .poll(async () => {
        const box = (await hidden(refit)).boxes[1];
        return Object.entries(wanted).every(([side, value]) => Math.abs(Reflect.get(box ?? {}, side) - value) < 4);
      })
      .toBe(true);
  await near({ x: 40, y: 300, width: 100, height: 100 });
  await drag(at(90, 350), at(130, 370));
  await near({ x: 80, y: 320, width: 100, height: 100 });
  await drag(at(180, 420), at(200, 460));
  await near({ x: 80, y: 320, width: 120, height: 140 });
  await refit.screenshots('hide-boxes');
  const saved = await savedPicture(refit);
  expect(coloursOf(crop(saved, { x: 90, y: 330, width: 100, height: 120 })).size).toBeLessThanOrEqual(16);
  const aside = { x: 300, y: 300, width: 200, height: 200 };
  expect(maxDifference(crop(saved, aside), crop(picture, aside))).toBe(0);
});

test('a box is added, moved, sized and removed by the keyboard alone', async ({ refit }) => {
  const { window } = refit;
  const picture = await found(refit);
  await window.getByTestId('hide-add').focus();
  await window.keyboard.press('Space');
  await expect(window.getByTestId('hide-box')).toHaveCount(2);
  await window.getByTestId('hide-box').nth(1).focus();
  const boxes = async () => (await hidden(refit)).boxes;
  await expect.poll(async () => (await boxes()).length).toBe(2);
  const [, before] = await boxes();
  await window.keyboard.press('ArrowRight');
  await window.keyboard.press('ArrowDown');
  await window.keyboard.press('Shift+ArrowRight');
  const step = 5;
  const rounded = (box: Box | undefined, by = 0) =>
    box && [box.x + by, box.y + by, box.width + by, box.height].map(Math.round);
  await expect.poll(async () => rounded((await boxes())[1])).toEqual(rounded(before, step));
  await window.keyboard.press('Delete');
  await window.getByTestId('hide-box').first().focus();
  await window.keyboard.press('Delete');
  await expect(window.getByTestId('hide-box')).toHaveCount(0);
  await expect.poll(async () => (await boxes()).length).toBe(0);
  expect(maxDifference(await savedPicture(refit), picture)).toBe(0);
});
