/** Before a run: screens of earlier ones would pass for what this one has shown. */
import { rm } from 'node:fs/promises';
import { screensDir } from './app';

export default async function emptyScreens(): Promise<void> {
  await rm(screensDir, { recursive: true, force: true });
}
