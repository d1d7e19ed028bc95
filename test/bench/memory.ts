/** How much memory the running app takes, as Linux counts it. */
import { readdirSync, readFileSync, readlinkSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { descendants } from '../e2e/processes';

/** Interval of the samples: to read a process's shares walks its page tables. */
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
    allPeakBytes = Math.max(allPeakBytes, memoryOf(app));
  };
  sample();
  const timer = setInterval(sample, everyMs);
  return {
    peaks: () => {
      sample();
      return { windowPeakBytes: kilobytes(readFileSync(`/proc/${window}/status`, 'utf8'), 'VmHWM'), allPeakBytes };
    },
    stop: () => clearInterval(timer),
  };
}

/** Bytes of all processes of the app together now. @param app process id of main. */
export function memoryOf(app: number): number {
  const pids = [app, ...descendants(app).map(({ fields }) => Number(fields.Pid))];
  return pids.reduce((sum, pid) => sum + pssOf(pid), pictureFiles(app));
}

/** The path of a picture file begins so, also where it has no name any more (main/pictures/pictureFile.ts). */
const pictureFile = '/dev/shm/refit-picture-';

/** A process's memory, with shared pages counted by its share and without picture files. 0 where the process has ended. */
function pssOf(pid: number): number {
  try {
    if (!readFileSync(`/proc/${pid}/maps`, 'utf8').includes(pictureFile))
      return kilobytes(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'), 'Pss');
    const mappings = readFileSync(`/proc/${pid}/smaps`, 'utf8').split(/^(?=[0-9a-f]+-[0-9a-f]+ )/m);
    return mappings
      .filter((mapping) => !mapping.includes(pictureFile))
      .reduce((sum, mapping) => sum + kilobytes(mapping, 'Pss'), 0);
  } catch {
    return 0;
  }
}

/** Bytes of the picture files in memory that main holds open: few of their pages are mapped, so the shares do not count them. */
function pictureFiles(main: number): number {
  const folder = `/proc/${main}/fd`;
  let bytes = 0;
  for (const name of readdirSync(folder))
    try {
      const file = path.join(folder, name);
      if (readlinkSync(file).startsWith(pictureFile)) bytes += statSync(file).blocks * 512;
    } catch {
      // It was closed meanwhile.
    }
  return bytes;
}

const kilobytes = (text: string, field: string): number =>
  Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? 0) * 1024;
