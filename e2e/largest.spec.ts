/** The widest picture that a tool takes: its result is as wide as any may be (app/contract.ts). */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { maxOutputSide } from '../app/contract';
import { expect, test } from './app';
import { blank, crop, inner, lay, prepared, readPicture } from './pictures';
import { answerSaveDialog, chooseTool, expectClose, expectError, openPicture, ready, savedPicture } from './steps';
import { upscaleUntiled } from './untiled';

const scale = 4;
const width = maxOutputSide / scale;
/** In pixels of the input: where a picture ends in its tile, the network sees repeated pixels instead of nothing. */
const edge = 8;

test('makes the widest picture that may be, 16,384 pixels, and saves it whole, but not as WebP', async ({
  refit,
  userDataDir,
}) => {
  const strip = blank(width, 48);
  const coffee = await readPicture(prepared('cut-out', 'coffee.png'));
  // Another part of the photo every 512 pixels, so that a tile in another's place is seen.
  for (let x = 0; x < width; x += 512)
    lay(strip, crop(coffee, { x: 40, y: (x / 512) * 40, width: 512, height: strip.height }), x, 0);
  await ready(refit);
  await chooseTool(refit, 'fast-x4');
  await openPicture(refit, strip, 'strip.png');
  await refit.window.getByTestId('start').click();
  const startedAt = performance.now();
  await expect(refit.window.getByTestId('save')).toBeVisible({ timeout: 90_000 });
  console.log(`    16,384 × ${strip.height * scale} took ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
  await refit.screenshots('widest');
  const result = await savedPicture(refit);
  expect([result.width, result.height]).toEqual([16_384, strip.height * scale]);
  const reference = await upscaleUntiled('fast-x4', strip);
  expectClose('fast-x4, 16,384 wide', inner(result, edge * scale), inner(reference, edge * scale), 45);

  // WebP ends at 16,383 pixels: said, and nothing is written.
  const file = path.join(userDataDir, 'strip.webp');
  await answerSaveDialog(refit, file);
  await refit.window.getByTestId('format-webp').click();
  await refit.window.getByTestId('save').click();
  await expectError(refit, 'FORMAT_TOO_SMALL');
  expect(existsSync(file)).toBe(false);
  await refit.screenshots('widest-webp');
});
