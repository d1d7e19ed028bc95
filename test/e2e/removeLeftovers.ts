/** Removes what an earlier run left: screens, which would look like this one's, and folders of tests that were killed. */
import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { screensDir } from './app';
import { root } from './pictures';

export default async function removeLeftovers(): Promise<void> {
  // The second of two passes adds to what the first has shown (tools/check.ts).
  if (process.env.REFIT_KEEP_SCREENS) return;
  await rm(screensDir, { recursive: true, force: true });
  const release = path.join(root, 'release');
  for (const name of await readdir(release).catch(() => []))
    if (/^(disk|copy)-/.test(name)) await rm(path.join(release, name), { recursive: true, force: true });
}
