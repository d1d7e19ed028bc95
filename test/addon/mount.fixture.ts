/** Whether a command can have a mount of its own here (`unshare -m`): as root, on Linux. */
import { execFileSync } from 'node:child_process';

export const canMount = ((): boolean => {
  try {
    execFileSync('unshare', ['-m', 'true'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();
