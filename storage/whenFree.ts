/**
 * Waits for other programs' hold on a file. On Windows virus scanners, the search index and backups open each new file for a moment,
 * and meanwhile it can be neither renamed nor removed nor replaced.
 */
import { setTimeout as sleep } from 'node:timers/promises';

/** What Windows says of a file that is held. It says the same of one that may not be touched, so there is an end to waiting. */
const held = ['EBUSY', 'EPERM', 'EACCES'];
/** 2.5 seconds in all: longer than a scanner looks at a picture, and not too long for whoever waits. */
const pausesMs = [10, 20, 40, 80, 160, 320, 640, 1230];

/**
 * Tries what a hold on a file can prevent, again and again for some seconds where it does. On other systems it tries once.
 * @param work renames or removes; done twice it does no harm. @param pause waits so many milliseconds.
 * @throws what `work` threw last.
 */
export async function whenFree<T>(
  work: () => Promise<T>,
  platform: NodeJS.Platform = process.platform,
  pause: (ms: number) => Promise<unknown> = sleep,
): Promise<T> {
  for (const ms of platform === 'win32' ? pausesMs : []) {
    try {
      return await work();
    } catch (error) {
      if (!held.includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
      await pause(ms);
    }
  }
  return work();
}
