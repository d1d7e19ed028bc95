/** Reads the peak of a process's memory. */
import { readFileSync } from 'node:fs';

/** The most of this process's memory that was resident so far, in bytes. Pages of mapped files count. */
export const peakBytes = (): number => peakBytesOf('self') ?? process.resourceUsage().maxRSS * 1024;

/**
 * Linux's own figure, which begins at zero where the usual one begins with what the process that forked this one held.
 * @returns undefined elsewhere, and of a process that has ended.
 */
export function peakBytesOf(pid: number | 'self'): number | undefined {
  if (process.platform !== 'linux') return undefined;
  try {
    const kilobytes = /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
    return kilobytes ? Number(kilobytes) * 1024 : undefined;
  } catch {
    return undefined;
  }
}
