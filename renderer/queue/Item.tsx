import { Check, CircleAlert, Clock, ImageOff, Info, LoaderCircle, SkipForward } from 'lucide-react';
import { memo } from 'react';
import type { ItemState, QueueItem } from '../../app/queue';
import { wordsOf } from '../../words/errors';
import { missedNote } from '../../words/notes';
import { duration } from '../../words/numbers';
import { words } from '../../words/window';
import { ToolIcon } from '../parts/ToolIcon';
import { useScreen } from '../store';
import { toolsIn } from './steps';
import { useQueue } from './store';
import styles from './strip.module.css';

export const idOfOption = (id: number): string => `queue-item-${id}`;

interface Props {
  item: QueueItem;
  /** Pixels from the strip's start. */
  left: number;
  /** From 1. */
  place: number;
  total: number;
  /** undefined: not here yet; null: there is none. */
  url: string | null | undefined;
  isSelected: boolean;
  /** Whether the keys stand at it. */
  isActive: boolean;
  isLooked: boolean;
}

const marks = {
  waiting: Clock,
  opening: LoaderCircle,
  working: LoaderCircle,
  saving: LoaderCircle,
  saved: Check,
  failed: CircleAlert,
  skipped: SkipForward,
} satisfies Record<ItemState['kind'], unknown>;

/** One picture of the strip, with the mark of its state. */
export const Item = memo(function Item({ item, left, place, total, url, isSelected, isActive, isLooked }: Props) {
  const models = useScreen((screen) => screen.models);
  const stepCount = useStepCount(item);
  const { state } = item;
  const missed = state.kind === 'saved' ? (state.notes ?? []).flatMap((note) => missedNote(note) ?? []) : [];
  const Mark = missed.length > 0 ? Info : marks[state.kind];
  const own = item.steps && toolsIn(models, item.steps);
  const said = words.queue.item({ name: item.name, folder: item.folder, state: stateWords(state, stepCount) });
  const named = own ? `${said}, ${words.queue.own({ tools: own.map(({ name }) => name).join(', ') })}` : said;
  const label = missed.length > 0 ? `${named}. ${missed.join(' ')}` : named;
  return (
    // biome-ignore lint/a11y/useFocusableInteractive: the list holds the focus and names the option that it stands at
    <div
      id={idOfOption(item.id)}
      className={styles.item}
      role="option"
      aria-selected={isSelected}
      aria-setsize={total}
      aria-posinset={place}
      aria-current={isLooked || undefined}
      aria-label={label}
      title={label}
      draggable
      data-id={item.id}
      data-state={state.kind}
      data-active={isActive || undefined}
      data-testid="queue-item"
      style={{ transform: `translateX(${left}px)` }}
    >
      {url ? <img src={url} alt="" draggable={false} /> : url === null && <ImageOff size={20} aria-hidden />}
      <span className={styles.mark} data-state={state.kind} data-missed={missed.length > 0 || undefined}>
        <Mark size={12} strokeWidth={2.5} aria-hidden />
      </span>
      {own?.[0] && (
        <span className={styles.own}>
          <ToolIcon model={own[0]} size={12} />
        </span>
      )}
      {state.kind === 'working' && (
        <span className={styles.bar}>
          <span style={{ transform: `scaleX(${shareOf(state, stepCount)})` }} />
        </span>
      )}
    </div>
  );
});

/** How many steps an item goes through. */
const useStepCount = ({ steps }: QueueItem): number =>
  useQueue(({ queue }) => (steps ?? queue.settings?.recipe.steps ?? []).length || 1);

const shareOf = ({ step, done, total }: Extract<ItemState, { kind: 'working' }>, steps: number): number =>
  Math.min((step + (total > 0 ? done / total : 0)) / steps, 1);

function stateWords(state: ItemState, steps: number): string {
  switch (state.kind) {
    case 'working':
      return words.queue.working({ percent: Math.round(100 * shareOf(state, steps)) });
    case 'saved':
      return words.queue.saved({ file: state.file, time: duration(state.elapsedMs) });
    case 'failed':
      return words.queue.failedItem({ message: wordsOf(state.reason).message });
    default:
      return words.queue.states[state.kind];
  }
}
