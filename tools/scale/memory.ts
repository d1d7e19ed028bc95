/** How much of the host's memory this process has taken. */
import { readFileSync } from 'node:fs';

/** The most that was resident so far: getrusage, or GetProcessMemoryInfo on Windows. Pages of mapped files count. */
export const peakHostBytes = (): number => process.resourceUsage().maxRSS * 1024;

/** Samples what no file backs, which Linux tells but keeps no peak of; 0 elsewhere. */
export function peakAnonymous(): { stop(): number } {
  let peak = 0;
  const sample = (): void => {
    if (process.platform !== 'linux') return;
    const kilobytes = /^RssAnon:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
    peak = Math.max(peak, Number(kilobytes ?? 0) * 1024);
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
