import { useEffect, useRef, useState } from 'react';
import type { PrepareRow } from '../../app/states';
import { words } from '../../words/window';
import { coarseTime } from '../job/timeLeft';
import { preparationTimeLeft, type Watched, watch } from './preparationTime';

/** "about 10 s" for a preparation; null if there is no honest number. */
export function usePreparationTime(rows: readonly PrepareRow[]): string | null {
  const watched = useRef<Watched | null>(null);
  const [left, setLeft] = useState<number | null>(null);

  useEffect(() => {
    const look = () => {
      const at = performance.now();
      const now = preparationTimeLeft(watch(watched.current, rows, at), rows, at);
      watched.current = now.watched;
      setLeft(now.left);
    };
    look();
    const timer = setInterval(look, 500);
    return () => clearInterval(timer);
  }, [rows]);

  if (left === null) return null;
  const { unit, value } = coarseTime(left);
  return words.time.about({ time: words.time.units[unit]({ value }) });
}
