import { RotateCcw } from 'lucide-react';
import { words } from '../../words/window';
import { Button } from '../parts/Button';
import { ErrorInline } from '../parts/ErrorInline';
import { useScreen } from '../store';
import workspaceStyles from '../workspace/workspace.module.css';
import { retry } from './commands';
import styles from './queue.module.css';
import { itemOf, useQueue } from './store';

/** What a person should know of the item that they look at: why it failed, or cannot be shown. `alone`: no picture is open. */
export function LookedAt({ alone = false }: { alone?: boolean }) {
  const looked = useScreen((screen) => screen.looked);
  const item = useQueue((screen) => itemOf(screen, looked));
  const lookError = useQueue((screen) => screen.lookError);
  const failed = item?.state.kind === 'failed' ? item.state.reason : null;
  const error = failed ?? lookError;
  if (!error || !item) return alone ? <div className={workspaceStyles.empty} /> : null;
  return (
    <div className={`${workspaceStyles.banner} ${styles.looked}`} data-testid="queue-looked">
      <ErrorInline error={error} />
      {failed && (
        <Button
          aria-label={words.queue.retryItem({ name: item.name })}
          onClick={() => void retry(new Set([item.id]))}
          data-testid="looked-retry"
        >
          <RotateCcw size={16} aria-hidden />
          {words.queue.retry}
        </Button>
      )}
    </div>
  );
}
