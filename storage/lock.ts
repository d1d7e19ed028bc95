/** A lock between processes: of twenty first launches one makes the engines, and the others wait for it. */
import { rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { lock } from 'proper-lockfile';
import { privateFolder } from './folder';

/** What a lock's name begins with. */
export const lockMark = '.lock-';
/** A holder touches its lock more often; one that does not is dead, and the next takes over. */
export const lockStaleMs = 15_000;

const pollMs = 150;
/** Longer than any engine takes to be made. Whoever has waited that long does the work as well. */
const patienceMs = 15 * 60_000;

/**
 * Does work while no other process is at the same. A lock that cannot be had, as on a read-only disk, is done without: it
 * saves work, and no entry is ever less whole for want of it.
 * @param file of the lock; its folder is made. @param onWait called once, where another process is at it.
 */
export async function withLock<T>(file: string, work: () => Promise<T>, onWait: () => void = () => {}): Promise<T> {
  const release = await acquire(file, onWait);
  try {
    return await work();
  } finally {
    await release().catch(() => {});
  }
}

async function acquire(file: string, onWait: () => void): Promise<() => Promise<void>> {
  for (let waitedMs = 0; waitedMs < patienceMs; waitedMs += pollMs) {
    try {
      await privateFolder(path.dirname(file));
      return await lock(file, {
        lockfilePath: file,
        realpath: false,
        stale: lockStaleMs,
        update: lockStaleMs / 5,
        // A machine that slept: somebody else may be at the same work by now, which costs time and nothing else.
        onCompromised: () => {},
      });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ELOCKED') break;
      if (waitedMs === 0) onWait();
      await dropFuture(file);
      await new Promise((resolve) => setTimeout(resolve, pollMs));
    }
  }
  return async () => {};
}

/**
 * A lock of a time to come was touched before the clock was set back, and would be taken for a living one until that time. Whoever
 * lives touches it again soon.
 */
async function dropFuture(file: string): Promise<void> {
  const ahead = await stat(file).then(
    ({ mtimeMs }) => mtimeMs - Date.now(),
    () => 0,
  );
  if (ahead > lockStaleMs) await rm(file, { recursive: true, force: true }).catch(() => {});
}
