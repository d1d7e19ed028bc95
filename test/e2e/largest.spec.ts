/** A result that is wider than WebP, and any canvas of the window, can hold (app/pictureLimits.ts). */
import { expect } from './app';
import { blank, crop, inner, lay, prepared, readPicture } from './pictures';
import { readyInSmallTiles, test } from './smallTiles';
import { chooseTool, expectClose, expectError, openPicture, savedPicture } from './steps';
import { upscaleUntiled } from './untiled';

const scale = 4;
const width = 5120;
/** Pixels of the input that do not count at the picture's end, where the network sees repeated pixels instead of zeros. */
const edge = 8;

test('makes a picture 20,480 pixels wide, and saves it whole, but not as WebP', async ({ refit }) => {
  const strip = blank(width, 48);
  const coffee = await readPicture(prepared('cut-out', 'coffee.png'));
  // Another part of the photo every 512 pixels, so that a tile in another's place is seen.
  for (let x = 0; x < width; x += 512)
    lay(strip, crop(coffee, { x: 40, y: ((x / 512) % 8) * 40, width: 512, height: strip.height }), x, 0);
  await readyInSmallTiles(refit);
  await chooseTool(refit, 'fast-x4');
  await openPicture(refit, strip, 'strip.png');
  await refit.window.getByTestId('start').click();
  const startedAt = performance.now();
  await expect(refit.window.getByTestId('save')).toBeVisible({ timeout: 90_000 });
  console.log(`    20,480 × ${strip.height * scale} took ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
  await refit.screenshots('widest');
  const result = await savedPicture(refit);
  expect([result.width, result.height]).toEqual([20_480, strip.height * scale]);
  const reference = await upscaleUntiled('fast-x4', strip);
  expectClose('fast-x4, 20,480 wide', inner(result, edge * scale), inner(reference, edge * scale), 45);

  // WebP ends at 16,383 pixels: said as soon as it is chosen, and nothing can be written.
  await refit.window.getByTestId('format-webp').click();
  await expectError(refit, 'FORMAT_TOO_SMALL');
  await expect(refit.window.getByTestId('save')).toBeDisabled();
  await refit.screenshots('widest-webp');
});
