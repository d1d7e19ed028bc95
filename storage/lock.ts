/** A lock between processes: if twenty first launches run at once, one makes the engines and the others wait for it. */
import { rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { lock } from 'proper-lockfile';
import { privateFolder } from './folder';

/** The prefix of a lock's name. */
export const lockMark = '.lock-';
/** A living holder touches its lock more often than this. After that time the next process takes over. */
export const lockStaleMs = 15_000;

const pollMs = 150;
/** Longer than any engine takes to make. A process that has waited this long does the work itself. */
const patienceMs = 15 * 60_000;

/**
 * Runs `work` while no other process runs the same. If the lock cannot be made, as on a read-only disk, the work runs without it: the
 * lock only saves double work, and entries are atomic without it.
 * @param file the lock's path; its folder is made. @param onWait called once if another process holds the lock.
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
        // The machine slept and the lock was lost. Another process may do the same work now, which costs only time.
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
 * Removes a lock from the future: the clock was set back since it was touched, so a dead holder's would count as alive until that time.
 * A living holder loses its lock too, which costs double work only.
 */
async function dropFuture(file: string): Promise<void> {
  const ahead = await stat(file).then(
    ({ mtimeMs }) => mtimeMs - Date.now(),
    () => 0,
  );
  if (ahead > lockStaleMs) await rm(file, { recursive: true, force: true }).catch(() => {});
}
