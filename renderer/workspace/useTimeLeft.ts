import { useEffect, useState } from 'react';
import type { Job } from '../../app/states';
import { words } from '../../words/window';
import { coarseTime, timeLeft } from '../job/timeLeft';

/** "about 20 s" for a running job; null if there is no honest number. */
export function useTimeLeft(job: Job): string | null {
  const { id, done, total, elapsedMs } = job.kind === 'running' ? job : noJob;
  const [left, setLeft] = useState<number | null>(null);

  useEffect(() => {
    if (id === null) return;
    const lastAt = performance.now();
    const count = () =>
      setLeft(timeLeft({ done, total, toLastMs: elapsedMs, sinceLastMs: performance.now() - lastAt }));
    count();
    const timer = setInterval(count, 500);
    return () => {
      clearInterval(timer);
      setLeft(null);
    };
  }, [id, done, total, elapsedMs]);

  if (left === null) return null;
  const { unit, value } = coarseTime(left);
  return words.time.about({ time: words.time.units[unit]({ value }) });
}

const noJob = { id: null, done: 0, total: 0, elapsedMs: 0 };
