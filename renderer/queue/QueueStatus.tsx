import { Pause } from 'lucide-react';
import { countItems, type QueueState } from '../../app/queue';
import { words } from '../../words/window';
import { coarseTime } from '../job/timeLeft';
import { ReadOut } from '../parts/ReadOut';
import statusStyles from '../workspace/status.module.css';
import { pause } from './commands';
import { endWords } from './endWords';
import { useQueue } from './store';

/** "12 of 40 · about 3 min", and pause beside it: shown as it changes, read out at each tenth. */
export function QueueStatus() {
  const queue = useQueue((screen) => screen.queue);
  const { total, open } = countItems(queue.items);
  const tenth = total > 0 ? Math.floor((10 * (total - open)) / total) : 0;
  const said = stateWords(queue);
  return (
    <>
      <p className={`${statusStyles.job} number`} data-testid="status-job">
        {queue.phase.kind === 'running' && (
          <button
            type="button"
            className={statusStyles.pause}
            title={words.queue.pause}
            aria-label={words.queue.pause}
            onClick={() => void pause()}
            data-testid="status-pause"
          >
            <Pause size={16} aria-hidden />
          </button>
        )}
        {said}
      </p>
      <ReadOut step={`${queue.phase.kind} ${tenth}`} text={said} />
    </>
  );
}

function stateWords({ items, phase, output }: QueueState): string {
  const counts = countItems(items);
  const done = { done: counts.total - counts.open, total: counts.total };
  switch (phase.kind) {
    case 'running': {
      const progress = words.queue.progress(done);
      if (phase.remainingMs === undefined) return progress;
      const { unit, value } = coarseTime(phase.remainingMs);
      return `${progress} · ${words.time.about({ time: words.time.units[unit]({ value }) })}`;
    }
    case 'paused':
      // The reason stands in the panel, where there is room for it.
      return done.done > 0 || phase.reason ? words.queue.paused(done) : '';
    case 'finished':
      return endWords(
        counts,
        items.flatMap(({ state }) => (state.kind === 'failed' ? [state.reason] : [])),
        output,
      );
  }
}

/** How much of the queue is done. */
export function QueueBar() {
  const items = useQueue((screen) => screen.queue.items);
  const running = useQueue((screen) => screen.queue.phase.kind === 'running');
  if (!running) return null;
  const { total, open } = countItems(items);
  const share = total > 0 ? (total - open) / total : 0;
  return (
    <span
      className={statusStyles.bar}
      role="progressbar"
      aria-label={words.status.progress}
      aria-valuenow={Math.round(share * 100)}
    >
      <span style={{ transform: `scaleX(${share})` }} />
    </span>
  );
}
