/**
 * Entries that the cache moved out of its way, in `<cache>/quarantine/<model>/<why>-<key>`. `damaged` ones stay for whoever wants to
 * look, `other` ones until their GPU or driver is back, `replaced` ones for the moment between two renames (folder.ts).
 */
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { exists, restoreReplaced } from './folder';
import { whenFree } from './whenFree';

export type Why = 'damaged' | 'other' | 'replaced';

export const quarantinePath = (cacheDir: string, model: string, why: Why, key: string): string =>
  path.join(cacheDir, 'quarantine', model, `${why}-${key}`);

/** Moves an entry into quarantine. Only the newest of each kind stays, so that the folder cannot grow. @throws Error of the file system. */
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
  await whenFree(() => rename(dir, target));
}

/** Puts an entry back whose replacement was interrupted, or whose GPU has returned. Never throws. */
export async function bringBack(cacheDir: string, dir: string, model: string): Promise<void> {
  for (const why of ['replaced', 'other'] as const)
    await restoreReplaced(dir, quarantinePath(cacheDir, model, why, path.basename(dir)));
}

/** Ends replacements that a killed process began: removes the old entry if the new one is there, else puts the old one back. */
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
