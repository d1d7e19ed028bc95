/** Measures what of this process's memory no file backs. */
import { readFileSync } from 'node:fs';

/** Resident memory that no file backs, so that the system cannot drop it. Only Linux tells; 0 elsewhere. */
export function anonymousBytes(): number {
  if (process.platform !== 'linux') return 0;
  const kilobytes = /^RssAnon:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  return Number(kilobytes ?? 0) * 1024;
}

/** Samples anonymous memory, since Linux keeps no peak of it. */
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
