/**
 * The app's temporary files in folders that other programs use too. Each name says what the file is and which process made it, so
 * that the next start can remove what a killed process left.
 */
import { lstat, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { isProcess } from './folder';

const marks = {
  /** Pixels of a picture that is open or being made. */
  picture: 'refit-picture-',
  /** A folder that libvips works in. */
  save: 'refit-save-',
  /** Strips of a PNG that wait until it is saved. */
  strips: 'refit-strips-',
  /** Chromium's data of `refit run` or another command. */
  command: 'refit-command-',
} as const;

/** @returns the prefix of such a name; the caller adds what makes it unique. */
export const leftoverName = (kind: keyof typeof marks): string => `${marks[kind]}${process.pid}-`;

const pidIn = (name: string): number => {
  const mark = Object.values(marks).find((each) => name.startsWith(each));
  return Number((mark && /^(\d+)-/.exec(name.slice(mark.length))?.[1]) ?? 0);
};

/** Removes what dead processes left. Files of a running one stay, however old. Never throws. */
export async function sweepLeftovers(folders: readonly string[], isAlive = isProcess): Promise<void> {
  for (const folder of folders)
    for (const name of await readdir(folder).catch(() => [] as string[])) {
      const pid = pidIn(name);
      if (pid === 0 || isAlive(pid)) continue;
      const left = path.join(folder, name);
      try {
        const { uid } = await lstat(left);
        // In another user's folder that user could put a link in the file's place while it is removed.
        if (process.getuid && uid !== process.getuid()) continue;
        await rm(left, { recursive: true, force: true });
      } catch {
        // Another start removed it first, or it cannot be removed now.
      }
    }
}
