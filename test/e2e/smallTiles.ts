/**
 * The packaged app with Fast ×4's real network in tiles of 64 pixels in place of 256: for tests of small pictures, or of many tiles,
 * whose answer does not depend on a tile's size. A tile costs a sixteenth.
 */
import type { Fixtures } from '@playwright/test';
import * as app from './app';
import { copyPackage } from './packageCopy';
import { crop, type Picture, prepared, readPicture } from './pictures';
import { layTiles } from './standIn';
import { ready, type Shown } from './steps';

const smallTiles: Fixtures<object, { executable: string }> = {
  executable: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads a fixture's needs from this pattern
    async ({}, use) => {
      const copy = await copyPackage();
      await layTiles(copy, 64);
      await use(copy.executable);
      await copy.dispose();
    },
    { scope: 'worker' },
  ],
};

export const onScreen = app.onScreen.extend<object, { executable: string }>(smallTiles);
export const test = app.test.extend<object, { executable: string }>(smallTiles);

/** Exactly one such tile. */
export const tilePicture = async (): Promise<Picture> =>
  crop(await readPicture(prepared('photo-x4', 'cat.png')), { x: 88, y: 40, width: 64, height: 64 });

/** Waits for the workspace, and closes the notice that the tool's description is not the one that was signed. */
export async function readyInSmallTiles(shown: Shown): Promise<void> {
  await ready(shown);
  await shown.window.getByTestId('notices').getByRole('button').click();
}
