import { useShallow } from 'zustand/react/shallow';
import { words } from '../../words/window';
import { longJob } from '../job/longJob';
import { coarseTime } from '../job/timeLeft';
import { useScreen } from '../store';
import styles from './panel.module.css';

/** "About 7 h on your processor. Fast ×4 takes about 12 min.": before it starts, else from its first tile on. */
export function LongJob() {
  const { ms, name, otherMs } = useScreen(
    useShallow((screen) => {
      const long = longJob(screen);
      return { ms: long?.ms, name: long?.quicker?.name, otherMs: long?.quicker?.ms };
    }),
  );
  if (ms === undefined) return null;
  const quicker =
    name !== undefined &&
    (typeof otherMs === 'number'
      ? words.longJob.takes({ tool: name, time: timeOf(otherMs) })
      : words.longJob.quicker({ tool: name }));
  return (
    <p className={styles.note} role="status" data-testid="long-job">
      {words.longJob.takesHere({ time: timeOf(ms) })}
      {quicker && ` ${quicker}`}
    </p>
  );
}

function timeOf(ms: number): string {
  const { unit, value } = coarseTime(ms);
  return words.time.units[unit]({ value });
}
