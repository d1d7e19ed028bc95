/** How much of the host's memory this process has taken. */
import { readFileSync } from 'node:fs';

/** The most that was resident so far: getrusage, or GetProcessMemoryInfo on Windows. Pages of mapped files count. */
export const peakHostBytes = (): number => process.resourceUsage().maxRSS * 1024;

/** What of this process is in memory and no file backs, so that the system cannot drop it. Linux tells; 0 elsewhere. */
export function anonymousBytes(): number {
  if (process.platform !== 'linux') return 0;
  const kilobytes = /^RssAnon:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  return Number(kilobytes ?? 0) * 1024;
}

/** Samples that, of which Linux keeps no peak. */
export function peakAnonymous(): { stop(): number } {
  let peak = 0;
  const sample = (): void => {
    peak = Math.max(peak, anonymousBytes());
  };
  const timer = setInterval(sample, 10);
  return {
    stop: () => {
      clearInterval(timer);
      sample();
      return peak;
    },
  };
}
