import { Check, RotateCcw, TriangleAlert } from 'lucide-react';
import type { ErrorReport } from '../../app/errors';
import { countItems, type QueueItem } from '../../app/queue';
import { wordsOf } from '../../words/errors';
import { duration } from '../../words/numbers';
import { words } from '../../words/window';
import { Button } from '../parts/Button';
import { look, remove, retry } from './commands';
import { endWords } from './endWords';
import styles from './queue.module.css';
import { useQueue } from './store';

/** More are counted: a list that nobody reads to the end helps nobody. */
const mostFailures = 20;

/** How the queue ended: one sentence, and each picture that was not saved with its reason. */
export function Ending() {
  const items = useQueue((screen) => screen.queue.items);
  const phase = useQueue((screen) => screen.queue.phase);
  const output = useQueue((screen) => screen.queue.output);
  const failures = items.filter(isFailed);
  const Icon = failures.length > 0 ? TriangleAlert : Check;
  return (
    <>
      {phase.kind === 'finished' && (
        <section className={styles.ending} data-testid="queue-ending" data-failed={failures.length > 0 || undefined}>
          <p className={styles.sentence} role="status">
            <Icon size={16} aria-hidden />
            <span>
              {endWords(
                countItems(items),
                failures.map(({ state }) => state.reason),
                output,
              )}
            </span>
          </p>
          <p className="small quiet">{words.queue.took({ time: duration(phase.elapsedMs) })}</p>
          {failures.length > 0 && <Failures failures={failures} />}
          <Button
            look="quiet"
            className={styles.clear}
            onClick={() => void remove(new Set(items.map(({ id }) => id)))}
            data-testid="queue-clear"
          >
            {words.queue.clear}
          </Button>
        </section>
      )}
      <Left />
    </>
  );
}

/** How much of what was added was left out, and why. */
export function Left() {
  const left = useQueue((screen) => screen.queue.left);
  const kinds = (Object.keys(left) as (keyof typeof left)[]).filter((kind) => left[kind] > 0);
  if (kinds.length === 0) return null;
  return (
    <p className="small quiet" role="status" data-testid="queue-left">
      {kinds.map((kind) => words.queue.left[kind]({ count: left[kind] })).join(' ')}
    </p>
  );
}

type Failed = QueueItem & { state: { kind: 'failed'; reason: ErrorReport } };
const isFailed = (item: QueueItem): item is Failed => item.state.kind === 'failed';

function Failures({ failures }: { failures: Failed[] }) {
  return (
    <>
      <ul className={styles.failures} aria-label={words.queue.failures}>
        {failures.slice(0, mostFailures).map(({ id, name, state }) => {
          const { message, remedy } = wordsOf(state.reason);
          return (
            <li key={id}>
              <p>
                <button type="button" className={styles.failedName} onClick={() => void look(id)}>
                  {name}
                </button>
                {message.startsWith(name) ? message.slice(name.length) : ` · ${message}`} {remedy}
              </p>
              <Button
                look="quiet"
                className={styles.small}
                aria-label={words.queue.retryItem({ name })}
                title={words.queue.retryItem({ name })}
                onClick={() => void retry(new Set([id]))}
              >
                <RotateCcw size={16} aria-hidden />
              </Button>
            </li>
          );
        })}
      </ul>
      {failures.length > mostFailures && (
        <p className="small quiet">{words.queue.moreFailures({ count: failures.length - mostFailures })}</p>
      )}
      {failures.length > 1 && (
        <Button onClick={() => void retry(new Set(failures.map(({ id }) => id)))} data-testid="queue-retry-all">
          <RotateCcw size={16} aria-hidden />
          {words.queue.retryAll}
        </Button>
      )}
    </>
  );
}
