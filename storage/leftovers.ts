/**
 * What the app lays into folders that others use too, while it works: each name says what it is and which process made it, so that
 * the next start can remove what a killed one left.
 */
import { lstat, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { isProcess } from './folder';

const marks = {
  /** Pixels of a picture that is open or being made. */
  picture: 'refit-picture-',
  /** A folder of what libvips is at work on. */
  save: 'refit-save-',
  /** Strips of a PNG that wait until it is saved. */
  strips: 'refit-strips-',
} as const;

/** @returns what the name of such a file or folder begins with; what follows makes it the only one. */
export const leftoverName = (kind: keyof typeof marks): string => `${marks[kind]}${process.pid}-`;

const pidIn = (name: string): number => {
  const mark = Object.values(marks).find((each) => name.startsWith(each));
  return Number((mark && /^(\d+)-/.exec(name.slice(mark.length))?.[1]) ?? 0);
};

/** Removes what processes that have died left there. What a running one has stays, however old. Never throws. */
export async function sweepLeftovers(folders: readonly string[], isAlive = isProcess): Promise<void> {
  for (const folder of folders)
    for (const name of await readdir(folder).catch(() => [] as string[])) {
      const pid = pidIn(name);
      if (pid === 0 || isAlive(pid)) continue;
      const left = path.join(folder, name);
      try {
        const { uid } = await lstat(left);
        // Another user could put a link in place of what lies in a folder of theirs, while it is removed.
        if (process.getuid && uid !== process.getuid()) continue;
        await rm(left, { recursive: true, force: true });
      } catch {
        // Another start of the app was quicker, or it cannot be removed now.
      }
    }
}
