import { words } from '../../words/window';
import { Button } from '../parts/Button';
import { ErrorInline } from '../parts/ErrorInline';
import { useScreen } from '../store';
import workspaceStyles from '../workspace/workspace.module.css';
import { retry } from './commands';
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
    <div className={workspaceStyles.banner} data-testid="queue-looked">
      <ErrorInline error={error} />
      {failed && (
        <Button look="quiet" onClick={() => void retry(new Set([item.id]))} data-testid="looked-retry">
          {words.queue.retryItem({ name: item.name })}
        </Button>
      )}
    </div>
  );
}
