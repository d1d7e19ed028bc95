/** Empties the folder of screens before a run: an earlier run's would look like this one's. */
import { rm } from 'node:fs/promises';
import { screensDir } from './app';

export default async function emptyScreens(): Promise<void> {
  // The second of two passes adds to what the first has shown (tools/check.ts).
  if (process.env.REFIT_KEEP_SCREENS) return;
  await rm(screensDir, { recursive: true, force: true });
}
