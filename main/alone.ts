/** Lets one app at a time use a user's data. Where no other app runs and the lock still cannot be made, this one works without it. */
import { readlinkSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';
import type { App } from 'electron';

/** `second`: another app answers, and shows its window. `unlocked`: none answers, but the lock could not be made (full or read-only disk). */
export type Standing = 'first' | 'second' | 'unlocked';

/** @param told goes to the app that has the lock. */
export async function takeLock(
  app: Pick<App, 'requestSingleInstanceLock' | 'getPath'>,
  told: Record<string, unknown> = {},
): Promise<Standing> {
  if (app.requestSingleInstanceLock(told)) return 'first';
  // On Windows the lock is a window's name, which no disk can refuse.
  if (process.platform === 'win32') return 'second';
  if (await isOpen(app)) return 'second';
  forgetOwn(path.join(app.getPath('userData'), 'SingletonLock'));
  return 'unlocked';
}

/** Whether another app has the lock and answers. */
export const isOpen = (app: Pick<App, 'getPath'>): Promise<boolean> =>
  answers(path.join(app.getPath('userData'), 'SingletonSocket'));

const answers = (socket: string): Promise<boolean> =>
  new Promise((resolve) => {
    const connection = connect(socket, () => {
      connection.destroy();
      resolve(true);
    });
    connection.once('error', () => resolve(false));
  });

/** Removes this process's half-made lock: the next app would find that nobody answers it, and end this process as hung. */
function forgetOwn(lock: string): void {
  try {
    if (readlinkSync(lock).endsWith(`-${process.pid}`)) rmSync(lock);
  } catch {
    // There is no lock, or it is no link.
  }
}
