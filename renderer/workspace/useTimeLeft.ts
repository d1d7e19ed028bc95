import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Job } from '../../app/states';
import { coarseTime, timeLeft } from '../job/timeLeft';

/** "about 20 s" for a running job, or null where no honest number can be given. */
export function useTimeLeft(job: Job): string | null {
  const { t } = useTranslation();
  const running = job.kind === 'running' ? job : null;
  const last = useRef({ id: -1, done: -1, at: 0 });
  const [now, setNow] = useState(Date.now);
  const id = running?.id ?? null;

  useEffect(() => {
    if (id === null) return;
    const timer = setInterval(() => setNow(Date.now()), 500);
    return () => clearInterval(timer);
  }, [id]);

  if (!running) return null;
  if (last.current.id !== running.id || last.current.done !== running.done)
    last.current = { id: running.id, done: running.done, at: Date.now() };
  const left = timeLeft({
    done: running.done,
    total: running.total,
    toLastMs: last.current.at - running.startedAt,
    sinceLastMs: Math.max(0, now - last.current.at),
  });
  if (left === null) return null;
  const { unit, value } = coarseTime(left);
  return t('time.about', { time: t(`time.${unit}`, { value }) });
}
