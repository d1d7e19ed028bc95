/** How much memory the running app takes, as Linux counts it. */
import { readFileSync, writeFileSync } from 'node:fs';
import { descendants } from '../../e2e/processes';

/** How often: reading a process's shares walks its page tables. */
const everyMs = 200;

export interface Watch {
  /** The most bytes so far: of the window's process (VmHWM), and of all processes together. */
  peaks(): { windowPeakBytes: number; allPeakBytes: number };
  stop(): void;
}

/** @param app process id of main. @param window of the window's process. */
export function watchMemory(app: number, window: number): Watch {
  // The kernel keeps the peak itself; 5 makes it begin anew.
  writeFileSync(`/proc/${window}/clear_refs`, '5');
  let allPeakBytes = 0;
  const sample = (): void => {
    const pids = [app, ...descendants(app).map(({ fields }) => Number(fields.Pid))];
    const bytes = pids.reduce((sum, pid) => sum + pssOf(pid), 0);
    allPeakBytes = Math.max(allPeakBytes, bytes);
  };
  sample();
  const timer = setInterval(sample, everyMs);
  return {
    peaks: () => {
      sample();
      return { windowPeakBytes: kilobytes(`/proc/${window}/status`, 'VmHWM'), allPeakBytes };
    },
    stop: () => clearInterval(timer),
  };
}

/** Pages that several processes share count in each by its share. 0 where the process has ended. */
function pssOf(pid: number): number {
  try {
    return kilobytes(`/proc/${pid}/smaps_rollup`, 'Pss');
  } catch {
    return 0;
  }
}

function kilobytes(file: string, field: string): number {
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(readFileSync(file, 'utf8'))?.[1] ?? 0) * 1024;
}
