/** The window says how long a job takes on the processor before a person waits for it: measured here, never guessed. */
import { expect, launch, test } from './app';
import { blank, pictures } from './pictures';
import { chooseTool, openPicture, ready, run, runUntilFirstTile } from './steps';

const said = /^About \d+(\.\d)? (min|h) on your processor\./;

test('says what a job takes from its first tile on, at the next start before it begins, and what a quicker tool takes', async ({
  userDataDir,
}) => {
  // Some thousand tiles of a network that takes more than a tenth of a second for one on any processor.
  const large = blank(4000, 3000);
  const first = await launch({ userDataDir });
  await ready(first);
  await chooseTool(first, 'photo-x4');
  await openPicture(first, large);
  const long = first.window.getByTestId('long-job');
  await expect(long).toBeHidden();
  await runUntilFirstTile(first);
  await expect(long).toHaveText(said);
  await expect(long).toContainText('Fast ×4 takes less time.');
  await first.screenshots('long-job-running');
  await first.window.getByTestId('cancel').click();
  await first.close();

  const refit = await launch({ userDataDir });
  await ready(refit);
  await chooseTool(refit, 'photo-x4');
  await openPicture(refit, large);
  const before = refit.window.getByTestId('long-job');
  await expect(before).toHaveText(said);
  await chooseTool(refit, 'fast-x4');
  await openPicture(refit, await pictures['fast-x4']());
  await run(refit);
  await chooseTool(refit, 'photo-x4');
  await openPicture(refit, large);
  await expect(before).toContainText(/Fast ×4 takes about \d+(\.\d)? (s|min|h)\./);
  await refit.screenshots('long-job');
  // A picture of one tile is soon done.
  await openPicture(refit, await pictures['photo-x4']());
  await expect(before).toBeHidden();
  await refit.close();
});
