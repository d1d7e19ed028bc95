/**
 * What the cache has moved out of its way, `<cache>/quarantine/<model>/<why>-<key>`: `damaged` for whoever wants to look, `other`
 * until its GPU or driver is back, `replaced` for the moment between two renames (folder.ts).
 */
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { exists, restoreReplaced } from './folder';

export type Why = 'damaged' | 'other' | 'replaced';

export const quarantinePath = (cacheDir: string, model: string, why: Why, key: string): string =>
  path.join(cacheDir, 'quarantine', model, `${why}-${key}`);

/** Moves an entry away; of each kind the newest stays, so that the folder cannot grow. */
export async function quarantine(
  cacheDir: string,
  dir: string,
  model: string,
  why: 'damaged' | 'other',
): Promise<void> {
  const target = quarantinePath(cacheDir, model, why, path.basename(dir));
  const folder = path.dirname(target);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  for (const name of await readdir(folder))
    if (name.startsWith(`${why}-`)) await rm(path.join(folder, name), { recursive: true, force: true });
  await rename(dir, target);
}

/** Puts an entry back that was cut off in being replaced, or whose GPU has returned. Never throws. */
export async function bringBack(cacheDir: string, dir: string, model: string): Promise<void> {
  for (const why of ['replaced', 'other'] as const)
    await restoreReplaced(dir, quarantinePath(cacheDir, model, why, path.basename(dir)));
}

/** Ends what a killed process was at: the replaced entry goes where the new one is there, and comes back where it is not. */
export async function sweepReplaced(cacheDir: string): Promise<void> {
  const list = (folder: string) => readdir(folder).catch(() => [] as string[]);
  for (const model of await list(path.join(cacheDir, 'quarantine')))
    for (const name of await list(path.join(cacheDir, 'quarantine', model))) {
      if (!name.startsWith('replaced-')) continue;
      const replaced = path.join(cacheDir, 'quarantine', model, name);
      const target = path.join(cacheDir, model, name.slice('replaced-'.length));
      await restoreReplaced(target, replaced);
      if (await exists(target)) await rm(replaced, { recursive: true, force: true }).catch(() => {});
    }
}
