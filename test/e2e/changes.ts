/** Lists what an overlay's upper disk changes of the disk below: files that are new, altered and gone. */
import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync, type Stats } from 'node:fs';
import path from 'node:path';

/** Absolute paths. */
export interface Changes {
  added: string[];
  /** Paths with other bytes, target, mode, owner or kind; a new time alone does not count. */
  changed: string[];
  deleted: string[];
}

/**
 * @param upper the folder of the upper disk. @param below, merged give the path from here of a file of the disk below, and of both
 * together. @param ignored paths that do not count.
 * @returns paths of `merged`, folders with a slash at their end.
 */
export function changesOf(
  upper: string,
  below: (file: string) => string,
  merged: (file: string) => string,
  ignored: (file: string) => boolean,
): Changes {
  const changes: Changes = { added: [], changed: [], deleted: [] };
  for (const entry of readdirSync(upper, { recursive: true, withFileTypes: true })) {
    const file = path.join('/', path.relative(upper, entry.parentPath), entry.name);
    if (ignored(file)) continue;
    const [before, now] = [below(file), merged(file)].map((each) => lstatSync(each, { throwIfNoEntry: false }));
    const shown = (now ?? before)?.isDirectory() ? `${file}/` : file;
    if (!now) changes.deleted.push(...(before ? [shown] : []));
    else if (!before) changes.added.push(shown);
    else {
      if (!isSame(below(file), before, merged(file), now)) changes.changed.push(shown);
      // A folder that was removed and made again hides its old files without an entry for each.
      if (before.isDirectory() && now.isDirectory()) changes.deleted.push(...gone(file, below, merged));
    }
  }
  const { added, changed, deleted } = changes;
  return { added: added.sort(), changed: changed.sort(), deleted: [...new Set(deleted)].sort() };
}

/** Paths that a folder of the disk below holds and the merged one does not. */
function gone(folder: string, below: (file: string) => string, merged: (file: string) => string): string[] {
  return readdirSync(below(folder), { withFileTypes: true })
    .filter(({ name }) => !lstatSync(merged(path.join(folder, name)), { throwIfNoEntry: false }))
    .map((entry) => path.join(folder, entry.name) + (entry.isDirectory() ? '/' : ''))
    .filter((file) => existsSync(below(file)));
}

function isSame(file: string, before: Stats, other: string, now: Stats): boolean {
  if (before.mode !== now.mode || before.uid !== now.uid || before.gid !== now.gid) return false;
  if (before.isSymbolicLink()) return readlinkSync(file) === readlinkSync(other);
  return !before.isFile() || (before.size === now.size && readFileSync(file).equals(readFileSync(other)));
}
