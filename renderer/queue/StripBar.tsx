import { ChevronDown, ChevronUp, RotateCcw, SkipForward, Trash2, Wrench } from 'lucide-react';
import { DropdownMenu } from 'radix-ui';
import { countItems } from '../../app/queue';
import { toolsOf } from '../../app/tools';
import { words } from '../../words/window';
import { Button } from '../parts/Button';
import { ToolIcon } from '../parts/ToolIcon';
import { useScreen } from '../store';
import { remove, retry, setOwnSteps, skip } from './commands';
import menuStyles from './menu.module.css';
import { canRetry, canSkip, itemOf, setQueueScreen, useQueue } from './store';
import styles from './strip.module.css';

/** How many pictures there are, and what to do with those that are selected. */
export function StripBar() {
  const count = useQueue((screen) => screen.queue.items.length);
  const folded = useQueue((screen) => screen.folded);
  const fold = folded ? words.queue.unfold : words.queue.fold;
  return (
    <div className={styles.top}>
      <Button
        look="quiet"
        className={styles.fold}
        aria-expanded={!folded}
        title={fold}
        onClick={() => setQueueScreen({ folded: !folded })}
        data-testid="queue-fold"
      >
        {folded ? <ChevronUp size={16} aria-hidden /> : <ChevronDown size={16} aria-hidden />}
        <span className="number">{words.queue.pictures({ count })}</span>
      </Button>
      <FailedCount />
      <Looked />
      <SelectedActions />
    </div>
  );
}

/** Of a thousand pictures those that failed are seldom in sight. */
function FailedCount() {
  const failed = useQueue((screen) => countItems(screen.queue.items).failed);
  if (failed === 0) return null;
  return (
    <span className={`small number ${styles.failed}`} data-testid="queue-failed">
      {words.queue.ended.failed({ count: failed })}
    </span>
  );
}

/** Which of them is seen large. */
function Looked() {
  const looked = useScreen((screen) => screen.looked);
  const item = useQueue((screen) => itemOf(screen, looked));
  if (!item) return null;
  const name = item.folder === '' ? item.name : `${item.folder}/${item.name}`;
  return (
    <span className={`small quiet ${styles.looked}`} title={name} data-testid="queue-looked-name">
      {item.name}
    </span>
  );
}

function SelectedActions() {
  const selection = useQueue((screen) => screen.selection);
  const items = useQueue((screen) => screen.queue.items);
  if (selection.size === 0) return null;
  const chosen = items.filter(({ id }) => selection.has(id));
  const actions = [
    { name: words.queue.retry, icon: RotateCcw, act: retry, possible: chosen.some(canRetry), testId: 'queue-retry' },
    { name: words.queue.skip, icon: SkipForward, act: skip, possible: chosen.some(canSkip), testId: 'queue-skip' },
    { name: words.queue.remove, icon: Trash2, act: remove, possible: true, testId: 'queue-remove' },
  ];
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for forms
    <div className={styles.actions} role="group" aria-label={words.queue.actions}>
      <span className="small quiet number">{words.queue.selected({ count: selection.size })}</span>
      {actions.map(
        ({ name, icon: Icon, act, possible, testId }) =>
          possible && (
            <Button
              key={testId}
              look="quiet"
              className={styles.action}
              aria-label={name}
              title={name}
              onClick={() => void act(selection)}
              data-testid={testId}
            >
              <Icon size={16} aria-hidden />
            </Button>
          ),
      )}
      {chosen.some((item) => canSkip(item) || canRetry(item)) && <OwnTool ids={[...selection]} />}
    </div>
  );
}

/** Chooses another tool for what is selected alone. */
function OwnTool({ ids }: { ids: number[] }) {
  const models = useScreen((screen) => screen.models);
  return (
    <DropdownMenu.Root>
      <DropdownMenu.Trigger asChild>
        <Button look="quiet" className={styles.action} data-testid="queue-own">
          <Wrench size={16} aria-hidden />
          <span>{words.queue.ownTool}</span>
        </Button>
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className={menuStyles.menu} side="top" align="end" sideOffset={4} collisionPadding={8}>
          {toolsOf(models).map((model) => (
            <DropdownMenu.Item
              key={model.id}
              className={menuStyles.entry}
              onSelect={() => void setOwnSteps(ids, [{ model: model.id }])}
            >
              <ToolIcon model={model} size={16} />
              {model.name}
            </DropdownMenu.Item>
          ))}
          <DropdownMenu.Separator className={menuStyles.line} />
          <DropdownMenu.Item className={menuStyles.entry} onSelect={() => void setOwnSteps(ids, null)}>
            {words.queue.sameTool}
          </DropdownMenu.Item>
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}
