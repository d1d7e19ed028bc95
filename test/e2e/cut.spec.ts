/** A person's edits of a cut-out, in the packaged app: seen at once, saved as seen. */
import path from 'node:path';
import sharp from 'sharp';
import type { Cut } from '../../app/toolAnswer';
import { expectAccessible } from './accessibility';
import { test as base, expect, type RunningApp } from './app';
import { crop, decode, encode, maxDifference, type Picture, prepared, readPicture } from './pictures';
import { loadAnew, shareApp } from './sharedApp';
import { chooseTool, discarding, layerPicture, openPicture, run, save, savedPicture, stateOf } from './steps';

const test = shareApp(base);

async function cutIn(refit: RunningApp): Promise<Cut> {
  const { result } = await stateOf(refit);
  if (!result?.cut) throw new Error('Expected a result that is cut out');
  return result.cut;
}

async function cutOut(refit: RunningApp, picture: Picture): Promise<void> {
  await loadAnew(refit);
  await chooseTool(refit, 'cut-out');
  await openPicture(refit, picture);
  await run(refit);
}

const cup = () => readPicture(prepared('cut-out', 'coffee.png'));
const at = ({ width, data }: Picture, x: number, y: number): number[] => [
  ...data.subarray((y * width + x) * 4, (y * width + x) * 4 + 4),
];
const strokesOf = async (refit: RunningApp) => (await cutIn(refit)).strokes.length;

/** Where a pixel of the picture is on the screen. */
async function toScreen({ window }: RunningApp, { width, height }: Pick<Picture, 'width' | 'height'>) {
  const frame = await window.getByTestId('frame').boundingBox();
  if (!frame) throw new Error('Expected a picture');
  return (x: number, y: number) =>
    [frame.x + (x / width) * frame.width, frame.y + (y / height) * frame.height] as const;
}

test('what stands behind a subject can be nothing, a colour or the picture out of focus, and is saved so', async ({
  refit,
}) => {
  const { window } = refit;
  const picture = await cup();
  await cutOut(refit, picture);
  const jpeg = async () => {
    await window.getByTestId('format-jpeg').click();
    const file = await save(refit, path.join(refit.userDataDir, 'cup.jpg'));
    return decode(await sharp(file).png().toBuffer());
  };
  const near = (pixel: number[], wanted: number[]) =>
    expect(Math.max(...wanted.map((value, c) => Math.abs((pixel[c] ?? 0) - value)))).toBeLessThan(8);
  expect(at(await layerPicture(refit, 'result'), 20, 20)[3]).toBe(0);
  await window.getByTestId('format-jpeg').click();
  await expect(window.getByTestId('options')).toContainText('what is transparent becomes white');
  near(at(await jpeg(), 20, 20), [255, 255, 255]);

  await window.getByTestId('cut-ground-colour').click();
  await window.getByTestId('cut-colour-own').fill('#2040a0');
  await expect.poll(async () => (await cutIn(refit)).ground).toEqual({ kind: 'colour', colour: '#2040a0' });
  await expect.poll(async () => at(await layerPicture(refit, 'result'), 20, 20)).toEqual([0x20, 0x40, 0xa0, 255]);
  await expect(window.getByTestId('options')).not.toContainText('becomes white');
  near(at(await jpeg(), 20, 20), [0x20, 0x40, 0xa0]);
  await refit.screenshots('cut-out-colour');
  await expectAccessible(window);

  await window.getByTestId('cut-ground-blur').click();
  await expect.poll(async () => (await cutIn(refit)).ground.kind).toBe('blur');
  await window.getByTestId('format-png').click();
  const blurred = await savedPicture(refit);
  expect(maxDifference(blurred, await layerPicture(refit, 'result'))).toBe(0);
  // The cup stays sharp, the wood does not.
  const subject = { x: 260, y: 150, width: 60, height: 60 };
  expect(maxDifference(crop(blurred, subject), crop(picture, subject))).toBeLessThan(12);
  const [wood, was] = await Promise.all(
    [blurred, picture].map((each) => sharp(encode(crop(each, { x: 0, y: 300, width: 80, height: 80 }))).stats()),
  );
  expect(wood?.channels[0]?.stdev).toBeLessThan((was?.channels[0]?.stdev ?? 0) / 2);
  await refit.screenshots('cut-out-blur');
});

test('a brush takes away and brings back, is taken back and done again, and what is saved has it', async ({
  refit,
}) => {
  const { window } = refit;
  const picture = await cup();
  await cutOut(refit, picture);
  const { job } = await stateOf(refit);
  const before = await layerPicture(refit, 'result');
  expect([at(before, 300, 200)[3], at(before, 20, 20)[3]].map((alpha) => (alpha ?? 0) > 240)).toEqual([true, false]);
  const place = await toScreen(refit, picture);
  const drag = async (from: readonly [number, number], to: readonly [number, number]) => {
    await window.mouse.move(...from);
    await window.mouse.down();
    await window.mouse.move(...to, { steps: 8 });
    await window.mouse.up();
  };
  await window.getByTestId('brush-remove').click();
  await drag(place(270, 200), place(330, 200));
  await expect.poll(() => strokesOf(refit)).toBe(1);
  await window.getByTestId('brush-keep').click();
  await drag(place(20, 20), place(80, 20));
  await expect.poll(() => strokesOf(refit)).toBe(2);
  const alphas = async () => {
    const seen = await layerPicture(refit, 'result');
    return [at(seen, 300, 200)[3], at(seen, 50, 20)[3]];
  };
  await expect.poll(alphas).toEqual([0, 255]);
  await refit.screenshots('cut-out-brush');
  await expectAccessible(window);

  await window.keyboard.press('Control+z');
  await expect.poll(alphas).toEqual([0, 0]);
  await window.getByTestId('cut-undo').click();
  await expect.poll(alphas).toEqual([at(before, 300, 200)[3], 0]);
  await expect(window.getByTestId('cut-undo')).toBeDisabled();
  expect(maxDifference(await layerPicture(refit, 'result'), before)).toBe(0);
  await window.keyboard.press('Control+Shift+Z');
  await window.getByTestId('cut-redo').click();
  await expect.poll(alphas).toEqual([0, 255]);
  const saved = await savedPicture(refit);
  expect(maxDifference(saved, await layerPicture(refit, 'result'))).toBe(0);
  expect(at(saved, 50, 20)).toEqual(at(picture, 50, 20));
  // No network ran for the edits.
  expect((await stateOf(refit)).job).toEqual(job);
});

test('the brush works by the keyboard alone', async ({ refit }) => {
  const { window } = refit;
  await cutOut(refit, await cup());
  for (const brush of ['brush-keep', 'brush-remove']) {
    await window.getByTestId(brush).focus();
    await window.keyboard.press('Space');
    await expect(window.getByTestId('brush-layer')).toBeFocused();
  }
  for (const key of [']', 'ArrowRight', 'Space', 'ArrowDown', 'ArrowDown', 'Space']) await window.keyboard.press(key);
  await expect.poll(() => strokesOf(refit)).toBe(1);
  const [stroke] = (await cutIn(refit)).strokes;
  expect([stroke?.keep, stroke?.points.length]).toEqual([false, 6]);
  // Escape first drops the stroke that is being drawn, then the brush.
  for (const key of ['Space', 'ArrowDown', 'Escape']) await window.keyboard.press(key);
  await expect(window.getByTestId('brush-layer')).toBeVisible();
  await window.keyboard.press('Escape');
  await expect(window.getByTestId('brush-layer')).toBeHidden();
  expect(await strokesOf(refit)).toBe(1);
});

test("of a cat's face that fills the picture all is kept, why is said, and what was found can still be had", async ({
  refit,
}) => {
  const { window } = refit;
  const cat = await readPicture(prepared('photo-x4', 'cat.png'));
  await cutOut(refit, cat);
  await expect(window.getByTestId('note')).toContainText('everything is kept');
  expect(maxDifference(await savedPicture(refit), cat)).toBe(0);
  await refit.screenshots('cut-out-fills');
  await window.getByTestId('cut-base-found').click();
  await expect.poll(async () => (await cutIn(refit)).base).toBe('found');
  await expect(window.getByTestId('note')).toBeHidden();
  const { data } = await layerPicture(refit, 'result');
  expect(data.filter((value, i) => i % 4 === 3 && value < 20).length).toBeGreaterThan(data.length / 8);
});

test('a stroke in 24 megapixels takes away what it covers', async ({ refit, userDataDir }) => {
  const { window } = refit;
  const [large, file] = [{ width: 6000, height: 4000 }, path.join(userDataDir, 'cup.png')];
  await sharp(prepared('cut-out', 'coffee.png'))
    .resize(large.width, large.height)
    .png({ compressionLevel: 1 })
    .toFile(file);
  await loadAnew(refit);
  await chooseTool(refit, 'cut-out');
  await discarding(refit, () => window.getByTestId('file-input').setInputFiles(file));
  await expect(window.getByTestId('picture-size')).toContainText('6000 × 4000');
  await expect(window.getByTestId('start')).toBeEnabled();
  await run(refit);
  const place = await toScreen(refit, large);
  await window.getByTestId('brush-remove').click();
  await window.mouse.move(...place(2600, 2000));
  await window.mouse.down();
  await window.mouse.move(...place(3400, 2000), { steps: 10 });
  const from = performance.now();
  await window.mouse.up();
  // The longest pause between two frames.
  const pause = window.evaluate(
    () =>
      new Promise<number>((resolve) => {
        let [last, longest] = [performance.now(), 0];
        const end = last + 1500;
        const frame = () => {
          const now = performance.now();
          longest = Math.max(longest, now - last);
          last = now;
          if (now < end) requestAnimationFrame(frame);
          else resolve(longest);
        };
        requestAnimationFrame(frame);
      }),
  );
  await expect.poll(() => strokesOf(refit), { intervals: [20] }).toBe(1);
  console.log(
    `    a stroke in 24 megapixels: ${Math.round(performance.now() - from)} ms, longest frame ${Math.round(await pause)} ms`,
  );
  const { result } = await stateOf(refit);
  const seen = await window.evaluate(async (id) => {
    const region = { x: 2900, y: 1990, width: 200, height: 20 };
    const answer = await globalThis.window.refit.view({ layer: 'result', id, region, width: 200, height: 20 });
    return answer.ok ? [...answer.value.bytes].filter((_, i) => i % 4 === 3) : [255];
  }, result?.id ?? 0);
  expect(Math.max(...seen)).toBe(0);
});
