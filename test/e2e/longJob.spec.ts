/** The window says how long a job takes on the processor before a person waits for it: measured here, never guessed. */
import path from 'node:path';
import sharp from 'sharp';
import { expect, type RunningApp } from './app';
import { test } from './damaged';
import { pictures } from './pictures';
import { tilePicture } from './smallTiles';
import { layTiles } from './standIn';
import { chooseTool, discarding, openPicture, ready, run, runUntilFirstTile } from './steps';

const said = /^About \d+(\.\d)? (min|h) on your processor\./;

test('says what a job takes from its first tile on, at the next start before it begins, and what a quicker tool takes', async ({
  copy,
  userDataDir,
}) => {
  // A tile of 128 takes seconds here.
  await layTiles(copy, 64, 'models/photo-x4');
  // Thousands of tiles of a network that takes more than a tenth of a second for one on any processor.
  const large = path.join(userDataDir, 'large.png');
  await sharp({ create: { width: 3000, height: 2000, channels: 3, background: '#000' } }).toFile(large);
  const openLarge = async (shown: RunningApp): Promise<void> => {
    await discarding(shown, () => shown.window.getByTestId('file-input').setInputFiles(large));
    await expect(shown.window.getByTestId('picture-size')).toContainText('3000 × 2000');
    await expect(shown.window.getByTestId('start')).toBeEnabled();
  };
  const first = await copy.launch();
  await ready(first);
  await chooseTool(first, 'photo-x4');
  await openLarge(first);
  const long = first.window.getByTestId('long-job');
  await expect(long).toBeHidden();
  await runUntilFirstTile(first);
  await expect(long).toHaveText(said);
  await expect(long).toContainText('Fast ×4 takes less time.');
  await first.screenshots('long-job-running');
  await first.window.getByTestId('cancel').click();
  await first.close();

  const refit = await copy.launch();
  await ready(refit);
  await chooseTool(refit, 'photo-x4');
  await openLarge(refit);
  const before = refit.window.getByTestId('long-job');
  await expect(before).toHaveText(said);
  await chooseTool(refit, 'fast-x4');
  await openPicture(refit, await pictures['fast-x4']());
  await run(refit);
  await chooseTool(refit, 'photo-x4');
  await openLarge(refit);
  await expect(before).toContainText(/Fast ×4 takes about \d+(\.\d)? (s|min|h)\./);
  await refit.screenshots('long-job');
  // A picture of one tile is soon done.
  await openPicture(refit, await tilePicture());
  await expect(before).toBeHidden();
});
