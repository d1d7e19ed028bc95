/** One app at a time has a user's data. A lock that cannot be had is no other app: this one then works without. */
import { readlinkSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';
import type { App } from 'electron';

/** `second`: another one answers, and was told. `unlocked`: none does, and the lock could not be made (a full or read-only disk). */
export type Standing = 'first' | 'second' | 'unlocked';

export async function takeLock(app: Pick<App, 'requestSingleInstanceLock' | 'getPath'>): Promise<Standing> {
  if (app.requestSingleInstanceLock()) return 'first';
  // There the lock is a window's name, which no disk can refuse.
  if (process.platform === 'win32') return 'second';
  const userData = app.getPath('userData');
  if (await answers(path.join(userData, 'SingletonSocket'))) return 'second';
  forgetOwn(path.join(userData, 'SingletonLock'));
  return 'unlocked';
}

const answers = (socket: string): Promise<boolean> =>
  new Promise((resolve) => {
    const connection = connect(socket, () => {
      connection.destroy();
      resolve(true);
    });
    connection.once('error', () => resolve(false));
  });

/** Half a lock of this process: the next app would find that nobody answers, and end this one for hanging. */
function forgetOwn(lock: string): void {
  try {
    if (readlinkSync(lock).endsWith(`-${process.pid}`)) rmSync(lock);
  } catch {
    // There is none, or it is no link.
  }
}
